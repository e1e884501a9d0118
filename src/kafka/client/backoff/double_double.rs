//! Logarithm and power to the last bit of a double, from additions and multiplications alone, so that they are the same
//! on every platform. A number is the sum of two doubles, which gives about 106 bits.

#[derive(Clone, Copy, Debug)]
struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    const fn of(high: f64) -> Self {
        DoubleDouble { high, low: 0.0 }
    }

    /// The exact sum of two doubles.
    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let part = high - a;
        DoubleDouble { high, low: (a - (high - part)) + (b - part) }
    }

    /// The exact product of two doubles (Dekker).
    fn product(a: f64, b: f64) -> Self {
        fn split(a: f64) -> (f64, f64) {
            let scaled = 134_217_729.0 * a;
            let high = scaled - (scaled - a);
            (high, a - high)
        }
        let high = a * b;
        let ((a1, a2), (b1, b2)) = (split(a), split(b));
        DoubleDouble { high, low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2 }
    }

    fn plus(self, other: Self) -> Self {
        let sum = Self::sum(self.high, other.high);
        Self::sum(sum.high, sum.low + self.low + other.low)
    }

    fn times(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        Self::sum(product.high, product.low + self.high * other.low + self.low * other.high)
    }

    fn negated(self) -> Self {
        DoubleDouble { high: -self.high, low: -self.low }
    }

    fn over(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self.plus(other.times(Self::of(first)).negated());
        let second = rest.high / other.high;
        let rest = rest.plus(other.times(Self::of(second)).negated());
        Self::sum(first, second).plus(Self::of(rest.high / other.high))
    }
}

/// Natural logarithm of a number of at least 1.
fn ln(x: f64) -> DoubleDouble {
    let (mut reduced, mut halvings) = (x, 0.0);
    while reduced > 1.5 {
        reduced *= 0.5;
        halvings += 1.0;
    }
    let reduced = ln_near_one(DoubleDouble::of(reduced));
    if halvings == 0.0 {
        return reduced;
    }
    let ln_two = ln_near_one(DoubleDouble::of(0.5)).negated();
    ln_two.times(DoubleDouble::of(halvings)).plus(reduced)
}

/// `2 (s + s^3/3 + s^5/5 + ..)` with `s = (x - 1) / (x + 1)`.
fn ln_near_one(x: DoubleDouble) -> DoubleDouble {
    let one = DoubleDouble::of(1.0);
    let s = x.plus(one.negated()).over(x.plus(one));
    let square = s.times(s);
    let (mut power, mut sum) = (s, s);
    let mut odd = 3.0;
    while power.high.abs() > 1e-40 {
        power = power.times(square);
        sum = sum.plus(power.over(DoubleDouble::of(odd)));
        odd += 2.0;
    }
    sum.plus(sum)
}

/// `e^x` by Taylor's series of `x / 2^10`, squared ten times.
fn exp(x: DoubleDouble) -> DoubleDouble {
    let small = x.times(DoubleDouble::of(1.0 / 1024.0));
    let mut sum = DoubleDouble::of(1.0);
    let mut term = sum;
    for n in 1..40 {
        term = term.times(small).over(DoubleDouble::of(f64::from(n)));
        sum = sum.plus(term);
    }
    (0..10).fold(sum, |power, _| power.times(power))
}

/// `base ^ (ln(target) / ln(base))` as doubles give it: nearly `target`, for a `target` of at least 1 and a `base` of at
/// least 2.
pub(super) fn power_to_reach(base: f64, target: f64) -> f64 {
    // The logarithms and their quotient are doubles in Kafka: they are rounded here too.
    let exponent = ln(target).high / ln(base).high;
    exp(ln(base).times(DoubleDouble::of(exponent))).high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_powers_are_right_to_the_last_bit() {
        assert_eq!(ln(2.0).high.to_bits(), std::f64::consts::LN_2.to_bits());
        assert_eq!(ln(10.0).high.to_bits(), std::f64::consts::LN_10.to_bits());
        assert_eq!(exp(DoubleDouble::of(1.0)).high.to_bits(), std::f64::consts::E.to_bits());
        assert_eq!(power_to_reach(2.0, 8.0), 8.0);
    }
}
