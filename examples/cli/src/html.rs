//! A matrix as one HTML page that needs nothing else: no script, font or style from elsewhere.

use std::fmt::Write as _;

use tollkeeper::analysis::{Answer, Cell, MatrixRecord, Question, Row, Table};
use tollkeeper::word::Level;

use crate::render::{because, depends, tables};

const STYLE: &str = include_str!("matrix.css");

/// What each word of a cell means.
const ANSWERS: [(Answer, &str); 3] = [
    (Answer::Allow, "Allowed, whatever the circumstances."),
    (Answer::Deny, "Denied, whatever the circumstances."),
    (
        Answer::Depends,
        "What stands below decides: facts, an e-mail domain, a limit or a model that a request states.",
    ),
];

/// What stands below an answer: the level that decided it.
const LEVELS: [(Level, &str); 5] = [
    (Level::CatalogDefault, "What the product starts with; nobody changed it."),
    (Level::Regime, "A compliance regime of the domain."),
    (Level::Domain, "A setting of the domain."),
    (Level::Locked, "Stated from above; nobody changes it here."),
    (Level::Role, "What the domain gave the role, or took from it."),
];

pub(crate) fn page(matrix: &MatrixRecord) -> String {
    let domain = escaped(&matrix.domain);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{domain}: who may do what</title>\n<style>\n{STYLE}</style>\n<h1>{domain}: who may do what</h1>\n\
         <p>Version {}. Point at a cell, or move to it with the Tab key, to read why.</p>\n",
        escaped(&matrix.version)
    );
    out.push_str("<nav>");
    for (number, (title, _)) in tables(matrix).iter().enumerate() {
        let _ = write!(out, "<a href=\"#t{number}\">{}</a> ", escaped(title));
    }
    out.push_str("</nav>\n<div class=\"legend\"><dl>\n");
    for (answer, meaning) in ANSWERS {
        let _ = writeln!(out, "<dt>{}</dt><dd>{meaning}</dd>", chip(answer));
    }
    out.push_str("</dl><dl>\n");
    for (level, meaning) in LEVELS {
        let _ = writeln!(out, "<dt>{}</dt><dd>{meaning}</dd>", spaced(level.as_str()));
    }
    out.push_str(
        "<dt>other words</dt><dd>The reason by itself, where no level has a choice, such as \
         <em>inherent</em> or <em>never for role</em>.</dd>\n</dl></div>\n",
    );
    for (number, (title, table)) in tables(matrix).iter().enumerate() {
        let (rows, columns) = (table.rows.len(), table.columns.len());
        let _ =
            writeln!(out, "<h2 id=\"t{number}\">{} <small>{rows} × {columns}</small></h2>", escaped(title));
        out.push_str("<div class=\"frame\"><table>\n");
        write_table(&mut out, table);
        out.push_str("</table></div>\n");
    }
    out.push_str("</html>\n");
    out
}

fn write_table(out: &mut String, table: &Table) {
    out.push_str("<thead><tr><th></th>");
    for column in &table.columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(column));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        write_row(out, row, &table.columns);
    }
    out.push_str("</tbody>");
}

fn write_row(out: &mut String, row: &Row, columns: &[String]) {
    let category = row.category.as_ref().map(|it| format!("<small>{}</small>", escaped(&spaced(it))));
    let name = match &row.question {
        Question::Turn { setting, to } => format!("turn {setting} {}", to.as_str()),
        other => other.to_string(),
    };
    let _ = write!(out, "<tr><th scope=\"row\">{}{}</th>", name_of(&name), category.unwrap_or_default());
    for (cell, column) in row.cells.iter().zip(columns) {
        write_cell(out, cell, &format!("{column}, {name}"));
    }
    out.push_str("</tr>\n");
}

fn write_cell(out: &mut String, cell: &Cell, of: &str) {
    let below = match (cell.answer, cell.level) {
        (Answer::Depends, _) => depends(cell),
        (_, Some(level)) => spaced(level.as_str()),
        (_, None) => cell.reason.as_str().replace('-', " "),
    };
    let why = format!("{of}: {} ({}). {}", word(cell.answer), cell.reason, cell.reason.meaning());
    let about = because(cell);
    let about = if about.is_empty() { about } else { format!(" About {about}.") };
    let _ = write!(
        out,
        "<td tabindex=\"0\">{}<small>{}</small><span class=\"why\" role=\"note\">{}</span></td>",
        chip(cell.answer),
        name_of(&below),
        escaped(&(why + &about.replace('`', ""))),
    );
}

const fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Allow => "yes",
        Answer::Deny => "no",
        Answer::Depends => "if",
    }
}

fn chip(answer: Answer) -> String {
    let class = match answer {
        Answer::Allow => "allow",
        Answer::Deny => "deny",
        Answer::Depends => "depends",
    };
    format!("<span class=\"cell {class}\">{}</span>", word(answer))
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// A name that may be broken where its words end.
fn name_of(name: &str) -> String {
    escaped(name).replace('_', "_<wbr>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
