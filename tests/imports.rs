//! Imports run one way: from the networks down to the rings, and never in a circle.
//!
//! Reads all of `src`: every path that begins with `crate`, `self`, `super` or a child module's name, in `use` lines and
//! elsewhere, without comments, strings and tests. A path is followed through re-exports to the file that defines its
//! item. That a module re-exports what its children define makes it no user of them; that it works with it does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// The top-level modules from the bottom up. Those of one line may use one another, in no circle.
const ORDER: [&[&str]; 8] = [
    &["simd", "trace", "secret", "ring", "linalg", "prg", "field", "function"],
    &["share"],
    &["offline"],
    &["correlation"],
    &["net"],
    &["protocol"],
    &["nn"],
    &["sim"],
];

#[test]
fn imports_run_one_way() {
    let found = violations(&read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")), |_| true);
    assert!(found.is_empty(), "{} imports to turn or cut:\n{}", found.len(), found.join("\n"));
}

/// A module's path, of which there is one for every file: `["linalg", "window"]`.
type Module = Vec<String>;

/// Every module's file without what is no code, or is tests.
type Sources = BTreeMap<Module, Vec<String>>;

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|modules| modules.contains(&module))
}

/// The modules of a crate, of which `lib.rs` is the one without a name.
fn read(src: &Path) -> Sources {
    fn walk(folder: &Path, module: &[String], out: &mut Vec<(Module, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_string();
            let mut module = module.to_vec();
            module.extend((name != "lib").then_some(name));
            if path.is_dir() {
                walk(&path, &module, out);
            } else {
                out.push((module, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    walk(src, &[], &mut files);
    sources(files)
}

fn sources(files: impl IntoIterator<Item = (Module, String)>) -> Sources {
    let mut all = Sources::new();
    let mut tests = Vec::new();
    for (module, text) in files {
        let mut tokens = tokens(&text);
        for name in cut_tests(&mut tokens) {
            tests.push([&module[..], &[name]].concat());
        }
        all.insert(module, tokens);
    }
    all.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
    all
}

/// Names, `::` and single signs; no comments, no literals of text.
fn tokens(text: &str) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let at = |i: usize| text.get(i).copied().unwrap_or('\n');
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < text.len() {
        match (at(i), at(i + 1)) {
            ('/', '/') => i += text[i..].iter().take_while(|&&c| c != '\n').count(),
            ('/', '*') => {
                let mut depth = 1;
                i += 2;
                while depth > 0 && i < text.len() {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                }
            }
            ('r', '"' | '#') if at(i + 1) == '"' || at(i + 2) == '"' || at(i + 2) == '#' => {
                let hashes = text[i + 1..].iter().take_while(|&&c| c == '#').count();
                let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                i += hashes + 2;
                while i < text.len() && !text[i..].starts_with(&end) {
                    i += 1;
                }
                i += end.len();
            }
            ('"', _) => {
                i += 1;
                while i < text.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            ('\'', '\\') => i += 3 + text[i + 3..].iter().take_while(|&&c| c != '\'').count() + 1,
            ('\'', _) => i += if at(i + 2) == '\'' { 3 } else { 1 },
            (':', ':') => {
                tokens.push("::".into());
                i += 2;
            }
            (c, _) if is_name(c) => {
                let name: String = text[i..].iter().take_while(|&&c| is_name(c)).collect();
                i += name.chars().count();
                tokens.push(name);
            }
            (c, _) => {
                if !c.is_whitespace() {
                    tokens.push(c.into());
                }
                i += 1;
            }
        }
    }
    tokens
}

/// Cuts the items out that are compiled for tests alone, and names the modules among them that are files.
fn cut_tests(tokens: &mut Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut modules = Vec::new();
    while let Some(start) = tokens.windows(MARK.len()).position(|window| window == MARK) {
        let mut end = start + MARK.len();
        let mut depth = 0;
        while end < tokens.len() {
            match &tokens[end][..] {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 && [";", "}"].contains(&&tokens[end - 1][..]) {
                break;
            }
        }
        if let [.., keyword, name, semicolon] = &tokens[start..end]
            && keyword == "mod"
            && semicolon == ";"
        {
            modules.push(name.clone());
        }
        tokens.drain(start..end);
    }
    modules
}

/// A path in a file, and the name that it is known by there if it is imported.
struct Import {
    path: Vec<String>,
    name: Option<String>,
    is_public: bool,
}

/// All paths in the code of `module`.
fn imports(all: &Sources, module: &Module) -> Vec<Import> {
    let tokens = &all[module];
    let is_child = |name: &str| all.contains_key(&[&module[..], &[name.to_string()]].concat());
    let is_start = |name: &str| ["crate", "self", "super"].contains(&name) || is_child(name);
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let follows = |sign: &str| tokens.get(i + 1).is_some_and(|next| next == sign);
        if tokens[i] == "use" && !follows("<") {
            let is_public = i > 0 && ["pub", ")"].contains(&&tokens[i - 1][..]);
            let end = i + tokens[i..].iter().position(|token| token == ";").unwrap();
            for (path, name) in leaves(&tokens[i + 1..end]) {
                if is_start(&path[0]) {
                    found.push(Import { path: absolute(module, &path), name: Some(name), is_public });
                }
            }
            i = end;
        } else if tokens[i] == "in" && i > 1 && tokens[i - 2..i] == ["pub", "("] {
            // `pub(in crate::nn)` says who may use an item, and uses nothing.
            i += tokens[i..].iter().position(|token| token == ")").unwrap();
        } else if is_start(&tokens[i]) && follows("::") && (i == 0 || tokens[i - 1] != "::") {
            let mut path = vec![tokens[i].clone()];
            while let Some([sign, name]) = tokens.get(i + 1..i + 3)
                && sign == "::"
                && name.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                path.push(name.clone());
                i += 2;
            }
            found.push(Import { path: absolute(module, &path), name: None, is_public: false });
        }
        i += 1;
    }
    found
}

/// The paths of a `use`, and the name of each.
fn leaves(tree: &[String]) -> Vec<(Vec<String>, String)> {
    fn branch(tree: &[String], prefix: &[String], out: &mut Vec<(Vec<String>, String)>) {
        let mut path = prefix.to_vec();
        for (i, token) in tree.iter().enumerate() {
            match &token[..] {
                "::" => {}
                "{" => {
                    let mut rest = &tree[i + 1..tree.len() - 1];
                    while !rest.is_empty() {
                        let mut depth = 0;
                        let end = rest.iter().position(|token| {
                            depth += i32::from(token == "{") - i32::from(token == "}");
                            token == "," && depth == 0
                        });
                        let end = end.unwrap_or(rest.len());
                        branch(&rest[..end], &path, out);
                        rest = &rest[(end + 1).min(rest.len())..];
                    }
                    return;
                }
                "as" => {
                    out.push((path, tree[i + 1].clone()));
                    return;
                }
                "self" if !path.is_empty() => {}
                _ => path.push(token.clone()),
            }
        }
        let name = path.last().unwrap().clone();
        out.push((path, name));
    }
    let mut out = Vec::new();
    branch(tree, &[], &mut out);
    out
}

/// A path as seen from the crate.
fn absolute(module: &Module, path: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    let base = match &path[0][..] {
        "crate" => &[],
        _ => &module[..module.len().saturating_sub(ups)],
    };
    let rest = path.iter().skip_while(|name| ["crate", "self", "super"].contains(&&name[..]));
    base.iter().chain(rest).cloned().collect()
}

/// The module whose file defines what a path names.
fn definer(all: &Sources, bindings: &BTreeMap<&Module, Vec<Import>>, path: &[String], hops: usize) -> Module {
    let mut at = Module::new();
    for (i, name) in path.iter().enumerate() {
        let below = [&at[..], std::slice::from_ref(name)].concat();
        if all.contains_key(&below) {
            at = below;
            continue;
        }
        let bound = bindings[&at].iter().find(|import| import.name.as_ref() == Some(name));
        if let (Some(bound), true) = (bound, hops > 0) {
            return definer(all, bindings, &[&bound.path[..], &path[i + 1..]].concat(), hops - 1);
        }
        break;
    }
    at
}

/// The file that defines a macro.
fn macro_file(all: &Sources, name: &str) -> Option<Module> {
    let defines = |tokens: &[String]| tokens.windows(3).any(|t| t[0] == "macro_rules" && t[2] == name);
    all.iter().find(|(_, tokens)| defines(tokens)).map(|(module, _)| module.clone())
}

/// What each file uses.
fn arrows(all: &Sources) -> BTreeSet<(Module, Module)> {
    let bindings: BTreeMap<&Module, Vec<Import>> =
        all.keys().map(|module| (module, imports(all, module))).collect();
    let mut arrows = BTreeSet::new();
    for (&module, imports) in bindings.iter().filter(|(module, _)| !module.is_empty()) {
        for import in imports {
            let target = match &import.path[..] {
                // Exported macros are at the root, wherever they are defined.
                [name] if !all.contains_key(&import.path) => macro_file(all, name).unwrap_or_default(),
                path => definer(all, &bindings, path, 8),
            };
            let times = |name: &String| all[module].iter().filter(|token| *token == name).count();
            let is_passed_on = import.is_public && import.name.as_ref().is_some_and(|name| times(name) == 1);
            if target != *module && !(is_passed_on && target.starts_with(module)) {
                arrows.insert((module.clone(), target));
            }
        }
    }
    arrows
}

/// Everything against the order, of the top-level modules in question.
fn violations(all: &Sources, is_asked: impl Fn(&str) -> bool) -> Vec<String> {
    let file = |module: &Module| format!("{}.rs", module.join("/"));
    let mut found = Vec::new();
    for module in all.keys().filter(|module| module.len() == 1) {
        if rank(&module[0]).is_none() {
            found.push(format!("{} has no place in the order", file(module)));
        }
    }
    let mut inside = BTreeSet::new();
    let mut between = BTreeSet::new();
    for (from, to) in arrows(all).into_iter().filter(|(from, _)| is_asked(&from[0])) {
        let Some(top) = to.first() else {
            found.push(format!("{} uses lib.rs", file(&from)));
            continue;
        };
        if *top == from[0] {
            inside.insert((from, to));
            continue;
        }
        match (rank(&from[0]), rank(top)) {
            (Some(above), Some(below)) if above < below => {
                found.push(format!("{} uses {}, which is above it", file(&from), file(&to)));
            }
            (Some(above), Some(below)) if above == below => {
                between.insert((vec![from[0].clone()], vec![top.clone()]));
            }
            _ => {}
        }
    }
    for arrows in [between, inside] {
        for circle in circles(&arrows) {
            let mut line = format!("a circle of {}:", circle.len());
            for (from, to) in arrows.iter().filter(|(from, to)| circle.contains(from) && circle.contains(to))
            {
                write!(line, "\n    {} -> {}", file(from), file(to)).unwrap();
            }
            found.push(line);
        }
    }
    found
}

/// The sets of modules that reach one another, of two and more.
fn circles(arrows: &BTreeSet<(Module, Module)>) -> Vec<BTreeSet<&Module>> {
    let reached = |from| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            for (_, to) in arrows.iter().filter(|(from, _)| from == at) {
                if seen.insert(to) {
                    next.push(to);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        arrows.iter().map(|(from, _)| (from, reached(from))).collect();
    let mut found: Vec<BTreeSet<&Module>> = Vec::new();
    for (from, to) in reached.iter().filter(|(from, to)| to.contains(*from)) {
        if !found.iter().any(|circle| circle.contains(from)) {
            let back = |to: &&&Module| reached.get(*to).is_some_and(|back| back.contains(from));
            found.push(to.iter().filter(back).copied().collect());
        }
    }
    found
}

/// The violations of a crate of some files, path and text.
fn of_crate(files: &[(&str, &str)]) -> Vec<String> {
    let module = |path: &str| match path {
        "lib" => Module::new(),
        path => path.split('/').map(String::from).collect(),
    };
    let all = sources(files.iter().map(|(path, text)| (module(path), text.to_string())));
    violations(&all, |_| true)
}

#[test]
fn arrows_up_and_circles_are_found() {
    let lib = ("lib", "pub mod ring; pub mod share; pub mod net;");
    let up =
        of_crate(&[lib, ("share", "use crate::{net::{self, Frame as F}, ring};"), ("net", ""), ("ring", "")]);
    assert_eq!(up, ["share.rs uses net.rs, which is above it"]);
    let in_code = of_crate(&[lib, ("share", "fn f() { crate::net::g::<u8>() }"), ("net", ""), ("ring", "")]);
    assert_eq!(in_code, up);

    let through = [
        lib,
        ("ring", "mod word; mod pack; pub use word::Word; pub(crate) use pack::merge as unpack;"),
        ("ring/word", "use super::unpack; pub trait Word {}"),
        ("ring/pack", "use crate::ring::Word; pub(crate) fn merge() {}"),
    ];
    assert_eq!(
        of_crate(&through),
        ["a circle of 2:\n    ring/pack.rs -> ring/word.rs\n    ring/word.rs -> ring/pack.rs"]
    );
    let parent =
        [lib, ("ring", "mod z; pub use z::Z; fn f(z: Z) {}"), ("ring/z", "use super::f; pub struct Z;")];
    assert_eq!(of_crate(&parent), ["a circle of 2:\n    ring.rs -> ring/z.rs\n    ring/z.rs -> ring.rs"]);
    let bottom = [("lib", ""), ("prg", "use crate::field::Field;"), ("field", "use crate::prg::Prg;")];
    assert_eq!(of_crate(&bottom), ["a circle of 2:\n    field.rs -> prg.rs\n    prg.rs -> field.rs"]);
    assert_eq!(of_crate(&[("lib", ""), ("other", "")]), ["other.rs has no place in the order"]);
}

#[test]
fn tests_comments_texts_and_mere_re_exports_are_no_imports() {
    let files = [
        ("lib", "mod ring; mod share; mod net;"),
        (
            "ring",
            r##"//! use crate::net::A;
            /* use crate::net::B; /* */ use crate::net::C; */
            mod z; pub use z::Z; fn f<'a>(x: &'a str) -> impl Fn() + use<'a> { "crate::net::D"; r#"" crate::net::E"#; '"'; '\'' }
            #[cfg(test)] mod tests; #[cfg(test)] use crate::net::F; #[cfg(test)] mod more { use crate::net::G; }"##,
        ),
        ("ring/z", "use super::f; pub struct Z;"),
        ("ring/tests", "use crate::net::H;"),
        ("net", "use super::share::Share; use core::fmt;"),
        ("share", "pub use crate::ring::Z; pub(in crate::net) fn g() {}"),
    ];
    assert_eq!(of_crate(&files), [""; 0]);
}
