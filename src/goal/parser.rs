//! Tokens into a tree, by recursive descent over the grammar. Errors name the place, what was expected and what stands
//! there.

use std::sync::Arc;

use super::error::{GoalError, Span};
use super::lexer::{Token, TokenKind, tokens};
use super::syntax::{Arithmetic, Comparison, Condition, Expr, ExprKind, Pattern, Test, Within};

/// Deeper nesting, and longer goals, are refused, so that no text can exhaust the stack.
const DEEPEST: u32 = 100;
const MOST_TOKENS: usize = 1500;

/// The windows: names with a capital that are no events.
pub const WINDOWS: [&str; 4] = ["H", "H0", "L", "L0"];

/// Reads a goal. Also returns the number of its nodes.
///
/// # Errors
/// The first place where the text leaves the grammar.
pub fn parse(text: &str) -> Result<(Expr, u32), GoalError> {
    let tokens = tokens(text)?;
    if tokens.len() > MOST_TOKENS {
        return Err(GoalError::new(text, tokens[MOST_TOKENS].span, "this goal is too long"));
    }
    let mut parser = Parser { text, tokens, at: 0, nodes: 0, depth: 0 };
    let expr = parser.expr()?;
    match parser.peek() {
        TokenKind::End => Ok((expr, parser.nodes)),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    nodes: u32,
    depth: u32,
}

type Parsed<T = Expr> = Result<T, GoalError>;

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        &self.tokens[self.at].kind
    }

    fn peek_behind(&self) -> &TokenKind {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].kind
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// The span of the token before.
    fn last_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), TokenKind::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Name(found) if &**found == word)
    }

    fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    fn need(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign) { Ok(()) } else { Err(self.expected(&format!("'{sign}'"))) }
    }

    fn expected(&self, what: &str) -> GoalError {
        let found = match self.peek() {
            TokenKind::End => "the end".to_string(),
            _ => format!("'{}'", self.span().of(self.text)),
        };
        GoalError::new(self.text, self.span(), format!("expected {what}, found {found}"))
    }

    fn node(&mut self, kind: ExprKind, span: Span) -> Expr {
        self.nodes += 1;
        Expr { kind, span, id: self.nodes - 1 }
    }

    fn join(&mut self, kind: impl FnOnce(Box<Expr>, Box<Expr>) -> ExprKind, a: Expr, b: Expr) -> Expr {
        let span = a.span.to(b.span);
        self.node(kind(Box::new(a), Box::new(b)), span)
    }

    fn expr(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(GoalError::new(self.text, self.span(), "this is nested too deeply"));
        }
        let condition = self.or()?;
        let expr = if self.take("?") {
            let yes = self.expr()?;
            self.need(":")?;
            let no = self.expr()?;
            let span = condition.span.to(no.span);
            self.node(ExprKind::If(Box::new(condition), Box::new(yes), Box::new(no)), span)
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn or(&mut self) -> Parsed {
        let mut expr = self.and()?;
        while self.take("||") {
            let right = self.and()?;
            expr = self.join(ExprKind::Or, expr, right);
        }
        Ok(expr)
    }

    fn and(&mut self) -> Parsed {
        let mut expr = self.comparison()?;
        while self.take("&&") {
            let right = self.comparison()?;
            expr = self.join(ExprKind::And, expr, right);
        }
        Ok(expr)
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        if let Some(sign) = self.comparison_sign() {
            let right = self.sum()?;
            return Ok(self.join(|a, b| ExprKind::Compare(sign, a, b), left, right));
        }
        match self.in_word() {
            Some(negated) => {
                let within = self.within()?;
                let span = left.span.to(self.last_span());
                let kind = ExprKind::In { negated, item: Box::new(left), within: Box::new(within) };
                Ok(self.node(kind, span))
            }
            None => Ok(left),
        }
    }

    fn comparison_sign(&mut self) -> Option<Comparison> {
        let found = Comparison::ALL.into_iter().find(|comparison| self.is_sign(comparison.sign()))?;
        self.advance();
        Some(found)
    }

    /// Takes `in` or `not in`; true when negated.
    fn in_word(&mut self) -> Option<bool> {
        let negated = self.is_word("not") && matches!(self.peek_behind(), TokenKind::Name(name) if &**name == "in");
        if !negated && !self.is_word("in") {
            return None;
        }
        self.advance();
        if negated {
            self.advance();
        }
        Some(negated)
    }

    fn within(&mut self) -> Parsed<Within> {
        let low = self.sum()?;
        if self.take("..") {
            return Ok(Within::Range(low, self.sum()?));
        }
        Ok(Within::Collection(low))
    }

    fn sum(&mut self) -> Parsed {
        let mut expr = self.product()?;
        loop {
            let sign = match () {
                () if self.take("+") => Arithmetic::Add,
                () if self.take("-") => Arithmetic::Subtract,
                () => return Ok(expr),
            };
            let right = self.product()?;
            expr = self.join(|a, b| ExprKind::Arithmetic(sign, a, b), expr, right);
        }
    }

    fn product(&mut self) -> Parsed {
        let mut expr = self.unary()?;
        loop {
            let sign = match () {
                () if self.take("*") => Arithmetic::Multiply,
                () if self.take("/") => Arithmetic::Divide,
                () => return Ok(expr),
            };
            let right = self.unary()?;
            expr = self.join(|a, b| ExprKind::Arithmetic(sign, a, b), expr, right);
        }
    }

    fn unary(&mut self) -> Parsed {
        let start = self.span();
        let wrap: fn(Box<Expr>) -> ExprKind = match () {
            () if self.take("!") => ExprKind::Not,
            () if self.take("-") => ExprKind::Minus,
            () => return self.postfix(),
        };
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(GoalError::new(self.text, self.span(), "this is nested too deeply"));
        }
        let inner = self.unary()?;
        self.depth -= 1;
        let span = start.to(inner.span);
        Ok(self.node(wrap(Box::new(inner)), span))
    }

    fn postfix(&mut self) -> Parsed {
        let mut expr = self.primary()?;
        loop {
            let start = expr.span;
            let kind = if self.take(".") {
                let name = self.name("a name behind the dot")?;
                if self.is_sign("(") {
                    ExprKind::Method(Box::new(expr), name, self.arguments()?)
                } else {
                    ExprKind::Field(Box::new(expr), name)
                }
            } else if self.take("[") {
                let index = self.expr()?;
                self.need("]")?;
                ExprKind::Index(Box::new(expr), Box::new(index))
            } else {
                return Ok(expr);
            };
            expr = self.node(kind, start.to(self.last_span()));
        }
    }

    fn name(&mut self, what: &str) -> Parsed<Arc<str>> {
        match self.peek() {
            TokenKind::Name(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.need("(")?;
        let mut arguments = Vec::new();
        while !self.is_sign(")") {
            let lambda = matches!(self.peek(), TokenKind::Name(_))
                && matches!(self.peek_behind(), TokenKind::Sign(sign) if *sign == "->");
            if lambda {
                let start = self.span();
                let parameter = self.name("a parameter")?;
                self.need("->")?;
                let body = self.expr()?;
                let span = start.to(body.span);
                arguments.push(self.node(ExprKind::Lambda(parameter, Box::new(body)), span));
                if !self.is_sign(")") {
                    return Err(self.expected("')': a lambda is the last argument"));
                }
                break;
            }
            arguments.push(self.expr()?);
            if !self.take(",") {
                break;
            }
        }
        self.closing(")")?;
        Ok(arguments)
    }

    fn closing(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign) { Ok(()) } else { Err(self.expected(&format!("',' or '{sign}'"))) }
    }

    fn items(&mut self, close: &str) -> Parsed<Vec<Expr>> {
        let mut items = Vec::new();
        while !self.is_sign(close) {
            items.push(self.expr()?);
            if !self.take(",") {
                break;
            }
        }
        self.closing(close)?;
        Ok(items)
    }

    fn primary(&mut self) -> Parsed {
        let start = self.span();
        let token = self.peek().clone();
        let kind = match token {
            TokenKind::Number(number) => self.literal(ExprKind::Number(number)),
            TokenKind::Duration(micros) => self.literal(ExprKind::Duration(micros)),
            TokenKind::Text(text) => self.literal(ExprKind::Text(text)),
            TokenKind::Name(name) => {
                self.advance();
                self.named(name)?
            }
            TokenKind::Sign("(") => {
                self.advance();
                let mut inner = self.expr()?;
                self.need(")")?;
                // The parentheses belong to the text that is shown.
                inner.span = start.to(self.last_span());
                return Ok(inner);
            }
            TokenKind::Sign("[") => {
                self.advance();
                ExprKind::List(self.items("]")?)
            }
            TokenKind::Sign("{") => {
                self.advance();
                ExprKind::Set(self.items("}")?)
            }
            TokenKind::Sign(_) | TokenKind::End => return Err(self.expected("a value")),
        };
        let span = start.to(self.last_span());
        Ok(self.node(kind, span))
    }

    fn literal(&mut self, kind: ExprKind) -> ExprKind {
        self.advance();
        kind
    }

    fn named(&mut self, name: Arc<str>) -> Parsed<ExprKind> {
        Ok(match &*name {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "none" => ExprKind::None,
            word if word.starts_with(|c: char| c.is_ascii_uppercase()) && !WINDOWS.contains(&word) => {
                ExprKind::Pattern(self.pattern(name)?)
            }
            _ if self.is_sign("(") => ExprKind::Call(name, self.arguments()?),
            _ => ExprKind::Name(name),
        })
    }

    fn pattern(&mut self, event: Arc<str>) -> Parsed<Pattern> {
        let mut conditions = Vec::new();
        if self.take("{") {
            while !self.is_sign("}") {
                conditions.push(self.condition(&event)?);
                if !self.take(",") {
                    break;
                }
            }
            self.closing("}")?;
        }
        Ok(Pattern { event, conditions })
    }

    fn condition(&mut self, event: &str) -> Parsed<Condition> {
        let start = self.span();
        let field = self.name(&format!("a field of {event}"))?;
        let test = if self.take(":") {
            Test::Compare(Comparison::Equal, self.sum()?)
        } else if let Some(negated) = self.in_word() {
            Test::In { negated, within: self.within()? }
        } else if self.is_sign("==") {
            return Err(self.expected(&format!("':', {event}{{{field}:value}} is equality")));
        } else if let Some(sign) = self.comparison_sign() {
            Test::Compare(sign, self.sum()?)
        } else {
            return Err(self.expected(&format!("':', a comparison or in behind {field}")));
        };
        Ok(Condition { field, span: start.to(self.last_span()), test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text).expect_err("it is wrong").to_string()
    }

    #[test]
    fn and_binds_tighter_than_or_and_both_group_to_the_left() {
        let (expr, _) = parse("a || b && c || d").expect("good");
        let ExprKind::Or(left, _) = &expr.kind else { panic!("{expr:?}") };
        let ExprKind::Or(_, and) = &left.kind else { panic!("{left:?}") };
        assert!(matches!(and.kind, ExprKind::And(..)));
    }

    #[test]
    fn spans_hold_the_text_with_its_parentheses() {
        let text = "(a + 1) * 2 == b.c(d)[0]";
        let (expr, _) = parse(text).expect("good");
        let ExprKind::Compare(Comparison::Equal, left, right) = &expr.kind else { panic!("{expr:?}") };
        assert_eq!((left.span.of(text), right.span.of(text)), ("(a + 1) * 2", "b.c(d)[0]"));
    }

    #[test]
    fn errors_name_place_expectation_and_what_was_found() {
        assert_eq!(error("leo(\"a-0\" >= 1"), "at character 15: expected ',' or ')', found the end");
        assert_eq!(error("1 < 2 < 3"), "at character 7: expected an operator or the end, found '<'");
        assert_eq!(error("1 +"), "at character 4: expected a value, found the end");
        assert_eq!(error("f(x -> true, 1)"), "at character 12: expected ')': a lambda is the last argument, found ','");
        assert_eq!(error("x in 1.."), "at character 9: expected a value, found the end");
        assert_eq!(error("1..3"), "at character 2: expected an operator or the end, found '..'");
        assert_eq!(
            error("H.any(Acked{p == \"web\"})"),
            "at character 15: expected ':', Acked{p:value} is equality, found '=='"
        );
        assert_eq!(error("H.any(Acked{3})"), "at character 13: expected a field of Acked, found '3'");
        assert_eq!(error("a ? b"), "at character 6: expected ':', found the end");
        assert_eq!(error("a."), "at character 3: expected a name behind the dot, found the end");
    }

    #[test]
    fn no_nesting_exhausts_the_stack() {
        for open in ["(", "!", "-", "[", "f(", "a ? "] {
            assert!(error(&open.repeat(300)).contains("nested too deeply"), "{open}");
            assert!(error(&open.repeat(100_000)).contains("too long"), "{open}");
        }
    }
}
