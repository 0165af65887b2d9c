//! A rule's advice, by what its lines are about.

/// What a rule advises, told apart: what the secret can do, what to do about it, and how to see whether it was used.
///
/// The first word of a line tells which it is. A line that begins with none of the words below is a step, so that
/// free text is shown whole.
///
/// ```
/// let advice = tightlip::rule::Advice::of("It can read mail.\nRevoke it.\nCheck the log.\n");
/// assert_eq!(advice.can, ["It can read mail."]);
/// assert_eq!(advice.steps, ["Revoke it."]);
/// assert_eq!(advice.checks, ["Check the log."]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advice<'a> {
    /// What who has the secret can do.
    pub can: Vec<&'a str>,
    /// Where it is rotated, and what else is to be done.
    pub steps: Vec<&'a str>,
    /// How to see whether it was used.
    pub checks: Vec<&'a str>,
}

/// How a line begins that says what the secret can do.
const CAN: &[&str] = &["It", "With", "Who", "Whoever", "Anyone"];

/// How a line begins that says how to see whether it was used.
const CHECK: &[&str] = &["Check", "Look"];

impl<'a> Advice<'a> {
    /// Sorts the lines of an advice. None is lost, and those of one kind keep their order.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let mut advice = Advice::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let first = line.split_whitespace().next().unwrap_or_default();
            let kind = match first {
                first if CAN.contains(&first) => &mut advice.can,
                first if CHECK.contains(&first) => &mut advice.checks,
                _ => &mut advice.steps,
            };
            kind.push(line);
        }
        advice
    }

    /// Returns what is to be done, in order: the steps, and then the checks.
    pub fn to_do(&self) -> impl Iterator<Item = &'a str> {
        self.steps.iter().chain(&self.checks).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Advice;

    #[test]
    fn every_line_has_its_kind_and_none_is_lost() {
        let text = "With its id it can pay.\n\n  Rotate it: https://a.example/keys\nItalics are a step.\n\
                    Look there.\nWho has it can read.\nCheckout is a step.";
        let advice = Advice::of(text);
        assert_eq!(advice.can, ["With its id it can pay.", "Who has it can read."]);
        assert_eq!(
            advice.steps,
            ["Rotate it: https://a.example/keys", "Italics are a step.", "Checkout is a step."]
        );
        assert_eq!(advice.checks, ["Look there."]);
        assert_eq!(advice.to_do().count(), 4);
        assert_eq!(Advice::of(" \n"), Advice::default());
    }
}
