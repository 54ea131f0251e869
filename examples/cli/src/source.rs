//! Mistakes in files and requests, shown with source line and caret.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use tollkeeper::diagnostic::{Diagnostic, Diagnostics};

/// A text that was read, and what it is called.
pub(crate) struct Source<'t> {
    pub(crate) name: &'t str,
    pub(crate) text: &'t str,
    /// The number of its first line.
    pub(crate) line: usize,
}

/// Characters of one line, counted from 1.
struct Place {
    line: usize,
    column: usize,
    width: usize,
}

struct Problem {
    code: Option<&'static str>,
    message: String,
    help: Option<String>,
    place: Option<Place>,
}

impl Source<'_> {
    /// Everything that is wrong with a file.
    pub(crate) fn diagnostics(&self, found: &Diagnostics) -> String {
        let problems: Vec<Problem> = found.problems().map(of_diagnostic).collect();
        self.render(&problems)
    }

    /// What is wrong with a text that should be JSON.
    pub(crate) fn json(&self, error: &serde_json::Error) -> String {
        self.render(&[of_json(error, self.text)])
    }

    fn render(&self, problems: &[Problem]) -> String {
        let shown = |problem| Renderer::styled().render(&[self.group(problem)]);
        problems.iter().map(shown).collect::<Vec<_>>().join("\n\n")
    }

    fn group<'p>(&'p self, problem: &'p Problem) -> Group<'p> {
        let title = Level::ERROR.primary_title(problem.message.as_str());
        let title = match problem.code {
            Some(code) => title.id(code),
            None => title,
        };
        let at = problem.place.as_ref().and_then(|place| {
            let line = self.text.lines().nth(place.line.saturating_sub(1))?;
            Some((line, place.line.saturating_add(self.line).saturating_sub(1), span(line, place)))
        });
        let Some((line, number, span)) = at else {
            let group = title.element(Origin::path(self.name));
            return match &problem.help {
                Some(help) => group.element(Level::HELP.message(help.as_str())),
                None => group,
            };
        };
        let mark = AnnotationKind::Primary.span(span);
        let mark = match &problem.help {
            Some(help) => mark.label(help.as_str()),
            None => mark,
        };
        title.element(Snippet::source(line).path(self.name).line_start(number).annotation(mark))
    }
}

/// The bytes of a line that a place covers.
fn span(line: &str, place: &Place) -> std::ops::Range<usize> {
    let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let start = place.column.saturating_sub(1);
    byte(start)..byte(start.saturating_add(place.width))
}

fn of_diagnostic(found: &Diagnostic) -> Problem {
    let place = found.place.map(|at| Place { line: at.line, column: at.column, width: at.width });
    let (message, help) = (found.message.clone(), found.help.clone());
    Problem { code: Some(found.code.as_str()), message, help, place }
}

/// In the words of the TOML errors; serde says where a mistake ends, which is made the whole word.
fn of_json(error: &serde_json::Error, text: &str) -> Problem {
    let full = error.to_string();
    let said = full.split(" at line ").next().unwrap_or(&full);
    let (message, help) = match said.strip_prefix("unknown field ") {
        Some(rest) => {
            let mut names = rest.split('`').skip(1).step_by(2);
            let name = names.next().unwrap_or_default();
            let names: Vec<&str> = names.collect();
            let known = names.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
            let help = meant(name, names).unwrap_or_else(|| format!("the keys are {known}"));
            (format!("unknown key `{name}`"), Some(help))
        }
        None if error.is_syntax() => (format!("no JSON: {said}"), None),
        None => (
            said.replace("missing field", "missing key")
                .replace("duplicate field", "duplicate key")
                .replace("expected u64", "expected a whole number")
                .replace("EOF while parsing", "the text ends within"),
            None,
        ),
    };
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let end = error.column().min(line.len());
    let before = line.get(..end).unwrap_or_default();
    let word = before.strip_suffix('"').and_then(|open| open.rfind('"')).unwrap_or(end.saturating_sub(1));
    let column = line.get(..word).unwrap_or_default().chars().count().saturating_add(1);
    let width = line.get(word..end).map_or(1, |word| word.chars().count()).max(1);
    Problem { code: None, message, help, place: Some(Place { line: error.line(), column, width }) }
}

/// The name that was probably meant, as a help line.
pub(crate) fn meant<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let likely = candidates.into_iter().map(|one| (strsim::jaro_winkler(name, one), one));
    let best = likely.filter(|(likeness, _)| *likeness > 0.8).max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, one)| format!("did you mean `{one}`?"))
}
