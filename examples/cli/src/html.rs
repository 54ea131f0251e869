//! A matrix as one HTML page that needs nothing else: no script, font or style from elsewhere.

use std::fmt::Write as _;

use tollkeeper::analysis::{Answer, Cell, Matrix, Row, Table};

use crate::render::{depends, reason, tables};

const STYLE: &str = "
:root { --ink:#1c2430; --soft:#66707f; --line:#e3e7ed; --paper:#fff; --back:#f6f7f9;
  --yes:#1a7f4b; --yes-back:#e4f5eb; --no:#b3392f; --no-back:#fbe9e7; --if:#8a6100; --if-back:#fdf3d7 }
@media (prefers-color-scheme: dark) { :root { --ink:#e6e9ee; --soft:#98a2b1; --line:#2c3440; --paper:#171c24;
  --back:#10141a; --yes:#6fd39c; --yes-back:#173326; --no:#f2938a; --no-back:#3a1d1b; --if:#e8c268; --if-back:#362b12 } }
* { box-sizing:border-box } body { margin:0; padding:2.5rem clamp(1rem,4vw,4rem); background:var(--back);
  color:var(--ink); font:15px/1.5 system-ui,sans-serif } h1 { margin:0; font-size:1.7rem }
p { margin:.3rem 0 0; color:var(--soft) } h2 { margin:2.4rem 0 .7rem; font-size:1.1rem }
.frame { overflow:auto; max-height:80vh; background:var(--paper); border:1px solid var(--line); border-radius:10px }
table { border-collapse:separate; border-spacing:0; width:100% }
th,td { padding:.45rem .8rem; border-bottom:1px solid var(--line); text-align:left; white-space:nowrap }
thead th { position:sticky; top:0; background:var(--paper); z-index:1; font-weight:600 }
tbody th { position:sticky; left:0; background:var(--paper); font-weight:500 } tbody tr:last-child > * { border-bottom:0 }
tbody tr:hover > * { background:var(--back) } th small { display:block; color:var(--soft); font-weight:400 }
.cell { display:inline-block; min-width:3.2rem; padding:.05rem .6rem; border-radius:99px; font-weight:600; text-align:center }
.allow { color:var(--yes); background:var(--yes-back) } .deny { color:var(--no); background:var(--no-back) }
.depends { color:var(--if); background:var(--if-back) } td small { display:block; color:var(--soft) }
";

pub(crate) fn page(matrix: &Matrix) -> String {
    let domain = escaped(&matrix.domain);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{domain}: who may do what</title>\n\
         <style>{STYLE}</style>\n<h1>{domain}: who may do what</h1>\n\
         <p>Version {}. Hover a cell for its reason; \u{201c}if\u{201d} names what would decide.</p>\n",
        escaped(&matrix.version)
    );
    for (title, table) in tables(matrix) {
        let _ = writeln!(out, "<h2>{title}</h2>\n<div class=\"frame\"><table>");
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
        write_row(out, row);
    }
    out.push_str("</tbody>");
}

fn write_row(out: &mut String, row: &Row) {
    let category =
        row.category.as_ref().map(|it| format!("<small>{}</small>", escaped(&it.replace('_', " "))));
    let name = escaped(&row.question.to_string());
    let _ = write!(out, "<tr><th scope=\"row\">{name}{}</th>", category.unwrap_or_default());
    for cell in &row.cells {
        write_cell(out, cell);
    }
    out.push_str("</tr>\n");
}

fn write_cell(out: &mut String, cell: &Cell) {
    let (class, word) = match cell.answer {
        Answer::Allow => ("allow", "yes"),
        Answer::Deny => ("deny", "no"),
        Answer::Depends => ("depends", "if"),
    };
    let title = escaped(&format!("{}: {}", reason(cell), cell.reason.meaning()));
    let depends = depends(cell);
    let depends = if depends.is_empty() { depends } else { format!("<small>{}</small>", escaped(&depends)) };
    let _ = write!(out, "<td title=\"{title}\"><span class=\"cell {class}\">{word}</span>{depends}</td>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
