//! Which cases passed, for people and for exit codes.

use std::fmt;

use crate::case::Case;

#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    case: Case,
    /// What was not as expected; empty when the case passed.
    findings: Vec<String>,
}

impl Report {
    pub fn add(&mut self, case: Case, findings: Vec<String>) {
        self.lines.push(Line { case, findings });
    }

    pub fn cases(&self) -> usize {
        self.lines.len()
    }

    pub fn passed(&self) -> usize {
        self.lines.iter().filter(|line| line.findings.is_empty()).count()
    }

    /// Names of the cases that had to pass and did not.
    pub fn failed_musts(&self) -> Vec<&str> {
        let failed = self.lines.iter().filter(|line| line.case.must && !line.findings.is_empty());
        failed.map(|line| line.case.name.as_str()).collect()
    }

    /// Whether every must passed, and at least this share of all cases.
    pub fn reaches(&self, cutoff: f64) -> bool {
        self.failed_musts().is_empty() && self.passed() as f64 >= cutoff * self.cases() as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { case, findings } in &self.lines {
            let mark = match (findings.is_empty(), case.must) {
                (true, _) => "pass",
                (false, true) => "FAIL",
                (false, false) => "miss",
            };
            writeln!(f, "{mark}  {}", case.name)?;
            for finding in findings {
                writeln!(f, "      {finding}")?;
            }
            if !findings.is_empty() && !case.why.is_empty() {
                writeln!(f, "      known: {}", case.why)?;
            }
        }
        let failed = self.failed_musts().len();
        writeln!(f, "\n{} of {} cases passed; {failed} that must pass did not", self.passed(), self.cases())
    }
}
