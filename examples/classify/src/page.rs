//! A page of HTML that is complete in one file.

use std::fmt::Write;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #f4f4f2; margin: 0 }
main { max-width: 1180px; margin: 0 auto; padding: 24px }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 19px; margin: 36px 0 10px }
.lead { color: #555; margin: 0 0 20px }
.row { display: flex; flex-wrap: wrap; gap: 18px }
figure, pre, table { background: #fff; border: 1px solid #ddd; border-radius: 8px; margin: 0; padding: 12px }
figure svg { display: block; max-width: 100%; height: auto }
figcaption { color: #555; font-size: 13px; max-width: 560px; padding: 4px 8px 0 }
table { border-collapse: collapse; padding: 0 } td, th { padding: 5px 14px; border-top: 1px solid #eee; text-align: right }
th { font-weight: 600 } td:first-child, th:first-child { text-align: left }
pre { font: 12.5px/1.45 ui-monospace, monospace; overflow-x: auto }
";

/// A page under construction.
#[derive(Debug)]
pub struct Page {
    text: String,
}

impl Page {
    /// Begins a page.
    pub fn new(title: &str, lead: &str) -> Self {
        let (title, lead) = (escape(title), escape(lead));
        let head = format!("<meta charset=\"utf-8\"/>\n<title>{title}</title>\n<style>{STYLE}</style>");
        let text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n{head}\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p class=\"lead\">{lead}</p>\n"
        );
        Self { text }
    }

    /// Begins a section.
    pub fn section(&mut self, title: &str) {
        let _ = writeln!(self.text, "<h2>{}</h2>", escape(title));
    }

    /// Adds pictures, each of them SVG and a caption, side by side where there is room.
    pub fn figures(&mut self, figures: &[(String, String)]) {
        self.text += "<div class=\"row\">\n";
        for (svg, caption) in figures {
            let caption = escape(caption);
            let _ = writeln!(self.text, "<figure>{svg}<figcaption>{caption}</figcaption></figure>");
        }
        self.text += "</div>\n";
    }

    /// Adds a table, the first row of which is its heading.
    pub fn table(&mut self, rows: &[Vec<String>]) {
        self.text += "<table>\n";
        for (i, row) in rows.iter().enumerate() {
            let tag = if i == 0 { "th" } else { "td" };
            let cells: String = row.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect();
            let _ = writeln!(self.text, "<tr>{cells}</tr>");
        }
        self.text += "</table>\n";
    }

    /// Adds text as it is.
    pub fn preformatted(&mut self, text: &str) {
        let _ = writeln!(self.text, "<pre>{}</pre>", escape(text));
    }

    /// The page.
    pub fn finish(self) -> String {
        self.text + "</main>\n</body>\n</html>\n"
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
