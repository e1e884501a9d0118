//! Where lessons are taken: a shelf of them, the one that is open, and its verbs on the console.
//!
//! Whoever lets a line go on, or time pass, does it through the classroom or tells it afterwards ([`Classroom::observe`]),
//! so that the goal of the open step is looked at after every move.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::bookmark::Bookmark;
use super::lesson::{Lesson, Texts};
use super::markup::plain;
use super::panel::Panel;
use super::run::{Ending, Hint, LessonRun, Verdict};
use super::script::Script;
use super::shipped::IDS;
use super::solution::solve;
use crate::nearest::did_you_mean;
use crate::shell::output::Output;
use crate::shell::sim::look::goal_output;
use crate::shell::sim::parse::{SimLine, parse};
use crate::shell::waiting::{GoalSign, NextMove};
use crate::shell::{LineOutcome, Shell};
use crate::sim::timeline::Timeline;

/// Verbs of `sim` that a classroom answers: what [`Shell::new`] of its shell is given.
pub const VERBS: [&str; 4] = ["lesson", "answer", "hint", "goal"];

/// What happened in a lesson and is worth saying. Steps count from 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    Opened,
    Answered {
        id: String,
        verdict: Verdict,
    },
    Reached {
        step: u32,
    },
    Skipped {
        step: u32,
    },
    /// Every step is behind.
    Done,
    /// Another cluster took the place of the lesson's.
    Left,
}

#[derive(Clone, Debug)]
struct Book {
    lesson: Arc<Lesson>,
    /// By language.
    texts: BTreeMap<String, Arc<Texts>>,
}

#[derive(Clone, Debug)]
pub struct Classroom {
    shelf: BTreeMap<String, Book>,
    language: String,
    run: Option<LessonRun>,
    /// The cluster that the open lesson belongs to.
    origin: Arc<()>,
    news: VecDeque<News>,
}

impl Default for Classroom {
    /// An empty shelf; English.
    fn default() -> Self {
        let (shelf, language) = (BTreeMap::new(), "en".to_string());
        Classroom { shelf, language, run: None, origin: Arc::default(), news: VecDeque::new() }
    }
}

impl Classroom {
    /// Puts a lesson on the shelf; gives its id.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn shelve(&mut self, json: &str) -> Result<String, String> {
        let lesson = Arc::new(Lesson::read(json)?);
        let id = lesson.id.clone();
        self.shelf.insert(id.clone(), Book { lesson, texts: BTreeMap::new() });
        Ok(id)
    }

    /// The words of a lesson on the shelf in a language, `en` or `ko`.
    ///
    /// # Errors
    /// What is wrong with the file, or that it belongs to another lesson.
    pub fn translate(&mut self, id: &str, tag: &str, json: &str) -> Result<(), String> {
        let texts = Texts::read(json)?;
        let book = self.shelf.get_mut(id).ok_or_else(|| format!("{id} is not on the shelf"))?;
        if !texts.fits(&book.lesson) {
            return Err(format!("these are not the words of {id}"));
        }
        book.texts.insert(tag.to_string(), Arc::new(texts));
        Ok(())
    }

    /// The language of hints and panels; another one stands in where it is missing.
    pub fn speak(&mut self, tag: &str) {
        self.language = tag.to_string();
    }

    /// Whether a lesson is on the shelf, with words in a language.
    pub fn has(&self, id: &str, tag: &str) -> bool {
        self.shelf.get(id).is_some_and(|book| book.texts.contains_key(tag))
    }

    /// Whether a lesson is on the shelf, in whatever language.
    pub fn has_lesson(&self, id: &str) -> bool {
        self.shelf.contains_key(id)
    }

    /// The shipped lesson that a line would open and that is not on the shelf with words in the language spoken: to be
    /// fetched before the line is begun.
    pub fn wants(&self, line: &str) -> Option<&'static str> {
        let mut words = line.split_whitespace();
        let opens = words.next() == Some("sim") && words.next() == Some("lesson");
        let named = words.filter(|word| opens && !word.starts_with("--"));
        let shipped = named.filter_map(|id| IDS.into_iter().find(|shipped| *shipped == id));
        shipped.into_iter().find(|id| !self.has(id, &self.language))
    }

    /// The open lesson.
    pub fn run(&self) -> Option<&LessonRun> {
        self.run.as_ref()
    }

    /// What happened since the last call.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news).into()
    }

    fn words(&self) -> Option<(&str, Arc<Texts>)> {
        let texts = &self.shelf.get(&self.run.as_ref()?.lesson().id)?.texts;
        let found = texts.get_key_value(&self.language).or_else(|| texts.first_key_value());
        found.map(|(tag, texts)| (tag.as_str(), texts.clone()))
    }

    /// What a panel shows of the open lesson; none without one, or without its words.
    pub fn panel(&mut self, timeline: &Timeline) -> Option<Panel> {
        let (tag, texts) = self.words()?;
        let tag = tag.to_string();
        Some(Panel::of(self.run.as_mut()?, timeline, &texts, &tag))
    }

    /// Begins a line: goes on with [`Self::go_on`].
    pub fn begin(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline, line: &str, document: &[String]) {
        if let Some(run) = &mut self.run {
            run.begin_line(line);
        }
        shell.begin(timeline, line, document);
    }

    /// Lets the open line go on for at most so many events; what it led to, if it has ended.
    pub fn go_on(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline, events: u64) -> Option<LineOutcome> {
        let mut left = events;
        loop {
            shell.goal = self.run.as_ref().map_or(GoalSign::NoLesson, LessonRun::goal_sign);
            match shell.next_move()? {
                NextMove::Question(words) => {
                    let aside = shell.set_aside();
                    let output = self.answer(shell, timeline, &words);
                    shell.take_up(aside);
                    shell.answer(output);
                }
                NextMove::Event if left == 0 => return None,
                NextMove::Event => left -= 1,
                NextMove::Command => {}
            }
            let outcome = shell.make_move(timeline);
            self.observe(timeline);
            if let Some(outcome) = outcome {
                return Some(outcome);
            }
        }
    }

    /// Carries out a line to its end.
    pub fn run_with(
        &mut self,
        shell: &mut Shell<'_>,
        timeline: &mut Timeline,
        line: &str,
        document: &[String],
    ) -> LineOutcome {
        self.begin(shell, timeline, line, document);
        let mut outcome = self.go_on(shell, timeline, u64::MAX).unwrap_or_default();
        if outcome.output.status != 0 && Script::waits_for_goal(line) {
            let why = self.run.as_mut().map_or_else(Vec::new, |run| run.why(timeline));
            why.iter().for_each(|line| outcome.output.err(line));
        }
        outcome
    }

    /// To be called after every event, command and jump in history that did not come from a line.
    pub fn observe(&mut self, timeline: &Timeline) {
        let Some(run) = &mut self.run else { return };
        if !Arc::ptr_eq(&self.origin, timeline.origin()) {
            self.run = None;
            self.news.push_back(News::Left);
            return;
        }
        let before = run.step();
        if run.observe(timeline) {
            self.tell_endings(before);
        }
    }

    /// Says what became of the steps from this one on.
    fn tell_endings(&mut self, first: u32) {
        let Some(run) = &self.run else { return };
        for step in first..run.step() {
            self.news.push_back(match run.ending(step) {
                Some(Ending::Locked) => News::Skipped { step },
                _ => News::Reached { step },
            });
        }
        if run.is_done() {
            self.news.push_back(News::Done);
        }
    }

    /// Leaves the lesson; the cluster stays.
    pub fn leave(&mut self) {
        self.run = None;
    }

    /// The open lesson as plain data, to go on with later.
    pub fn bookmark(&self, timeline: &Timeline) -> Option<Bookmark> {
        self.run.as_ref().map(|run| Bookmark::of(run, timeline))
    }

    /// Goes on with a lesson that was left.
    ///
    /// # Errors
    /// Why not; then nothing has changed.
    pub fn resume(
        &mut self,
        bookmark: &Bookmark,
        shell: &mut Shell<'_>,
        timeline: &mut Timeline,
    ) -> Result<(), String> {
        let book =
            self.shelf.get(bookmark.lesson()).ok_or_else(|| format!("{} is not on the shelf", bookmark.lesson()))?;
        let (run, resumed) = bookmark.resume(book.lesson.clone())?;
        timeline.give_way_to(resumed);
        shell.forget();
        self.enter(run, timeline);
        Ok(())
    }

    fn enter(&mut self, run: LessonRun, timeline: &Timeline) {
        self.origin = timeline.origin().clone();
        self.run = Some(run);
        self.news.clear();
        self.news.push_back(News::Opened);
    }

    fn answer(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline, words: &[String]) -> Output {
        let rest = words.get(1..).unwrap_or_default();
        let answered = match words.first().map_or("", String::as_str) {
            "lesson" => self.lesson(shell, timeline, rest),
            "answer" => self.predict(timeline, rest).map(|()| Output::silent()),
            "hint" => self.hint(rest),
            _ => self.goal(timeline, words),
        };
        answered.unwrap_or_else(|error| Output::failed(format!("sim {}: {error}", words[0])))
    }

    /// `sim lesson L05 [--solve]`.
    fn lesson(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline, words: &[String]) -> Result<Output, String> {
        let (options, ids): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with("--"));
        if let Some(other) = options.iter().find(|option| **option != "--solve") {
            return Err(format!("there is no {other} here{}", did_you_mean(other.trim_start_matches('-'), ["solve"])));
        }
        let known = || self.shelf.keys().map(String::as_str).chain(IDS).collect::<BTreeSet<_>>();
        let id = match ids.as_slice() {
            [id] => id.as_str(),
            [] => return Err(format!("a lesson is missing: {}", Vec::from_iter(known()).join(", "))),
            [_, other, ..] => return Err(format!("'{other}' is not understood here")),
        };
        let Some(book) = self.shelf.get(id) else {
            if is_planned(id) {
                return Ok(Output::not_yet(format!("sim lesson {id}")));
            }
            return Err(format!("there is no lesson '{id}'{}", did_you_mean(id, known())));
        };
        let lesson = book.lesson.clone();
        self.run = None;
        let run = LessonRun::open(lesson, shell, timeline)?;
        self.enter(run, timeline);
        self.tell_endings(0);
        if options.is_empty() {
            return Ok(Output::silent());
        }
        let Some(run) = &mut self.run else { return Ok(Output::silent()) };
        let first = run.step();
        let output = solve(run, shell, timeline);
        self.tell_endings(first);
        Ok(output)
    }

    fn open(&mut self) -> Result<&mut LessonRun, String> {
        self.run.as_mut().ok_or_else(|| "no lesson is open: sim lesson L05 opens one".to_string())
    }

    /// `sim answer L05.P1 2`: options count from 1.
    fn predict(&mut self, timeline: &Timeline, words: &[String]) -> Result<(), String> {
        let [id, option] = words else { return Err("a prediction and the number of an option: L05.P1 2".to_string()) };
        let number = option.parse::<u32>().ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| format!("'{option}' is not the number of an option: 1, 2, .."))?;
        let verdict = self.open()?.lock(timeline, id, number - 1)?;
        self.news.push_back(News::Answered { id: id.clone(), verdict });
        Ok(())
    }

    /// `sim hint`: the next one.
    fn hint(&mut self, words: &[String]) -> Result<Output, String> {
        if let Some(word) = words.first() {
            return Err(format!("'{word}' is not understood here"));
        }
        let run = self.open()?;
        let step = run.step() as usize;
        let hint = run.next_hint().ok_or("every step is reached")?;
        let lines = run.lesson().steps[step].cli.clone();
        let (tag, texts) = self.words().ok_or("the words of this lesson are missing")?;
        let mut output = Output::default();
        match hint {
            Hint::Words => output.out(plain(&texts.steps[step].hint, tag)),
            Hint::Click => output.out(plain(&texts.steps[step].click, tag)),
            Hint::Lines => lines.iter().for_each(|line| output.out(line)),
        }
        Ok(output)
    }

    /// `sim goal 'EXPR'`: over the windows of the open lesson, or the whole run.
    fn goal(&mut self, timeline: &Timeline, words: &[String]) -> Result<Output, String> {
        let line = match parse(words) {
            Ok(SimLine::Goal(goal)) => *goal,
            Ok(_) => return Err("a goal is missing".to_string()),
            Err(error) => return Ok(Output::failed(error)),
        };
        Ok(match &self.run {
            Some(run) => {
                let (is_true, why) = run.look(line, timeline);
                goal_output(is_true, &why)
            }
            None => {
                let (value, why) = crate::goal::look(line, crate::goal::Present::of(timeline));
                goal_output(value.is_true(), &why)
            }
        })
    }
}

/// Ids of lessons and challenges that are to come: L01 to L32, X01 to X20.
fn is_planned(id: &str) -> bool {
    let number = |rest: &str| rest.parse::<u32>().ok().filter(|_| rest.len() == 2);
    let of = |letter, most| id.strip_prefix(letter).and_then(number).is_some_and(|number| (1..=most).contains(&number));
    of('L', 32) || of('X', 20)
}
