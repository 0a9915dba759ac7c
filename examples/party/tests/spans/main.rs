//! The spans and events of a run: their names, their nesting, and that nothing in them depends on a secret.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use party::config::Output;
use party::program::Program;
use party::{memory, owner};
use ringshare::protocol::Family;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Every span and event: its ancestors' names, its own, and its fields.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

struct Collect(Seen);

/// Fields as text.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Collect {
    fn add(&self, parents: Option<Vec<&str>>, metadata: &Metadata<'_>, fields: Fields) {
        if metadata.target() == "ringshare" {
            let mut path = parents.unwrap_or_default();
            path.push(metadata.name());
            self.0.lock().unwrap().push((path.join("/"), fields.0));
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collect {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = context.span(id).unwrap();
        let parents =
            span.parent().map(|parent| parent.scope().from_root().map(|span| span.name()).collect());
        self.add(parents, attributes.metadata(), fields);
    }

    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {
        panic!("a field that is recorded later");
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let parents =
            context.event_scope(event).map(|scope| scope.from_root().map(|span| span.name()).collect());
        self.add(parents, event.metadata(), fields);
    }
}

/// What is seen in a run of two parties and a dealer on images of one brightness. All other randomness is the system's.
fn run(seen: &Seen, name: &str, brightness: u8) -> BTreeMap<(String, String), usize> {
    let (quantised, public) = owner::load(Path::new(name), ringshare::nn::Rounding::Stochastic).unwrap();
    let pixels = vec![brightness; 2 * public.shape().iter().product::<usize>()];
    let program = Program::new(public, 2, 2, Output::Class, Family::default()).unwrap();
    seen.lock().unwrap().clear();
    memory::run(&program, &quantised, &pixels, 1).unwrap();
    let mut found = BTreeMap::new();
    for entry in seen.lock().unwrap().drain(..) {
        *found.entry(entry).or_default() += 1;
    }
    found
}

#[test]
fn spans_are_nested_and_the_same_for_all_secrets() {
    let seen = Seen::default();
    let subscriber = tracing_subscriber::registry().with(Collect(seen.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let dark = run(&seen, "cnn_mnist", 3);

    let count = |path: &str, field: &str| -> usize {
        let fits = |(at, fields): &(String, String)| {
            at == path && format!(" {fields}").contains(&format!(" {field}"))
        };
        dark.iter().filter(|(key, _)| fits(key)).map(|(_, count)| count).sum()
    };
    // Once at each party; the dealer deals a setup and a batch.
    for (path, fields) in
        [("join", "party="), ("share", "layers="), ("prepare", "rows=2 "), ("forward", "rows=2 ")]
    {
        assert_eq!(count(path, fields), 2, "{path}");
    }
    assert_eq!(count("collect", "party=0 "), 2);
    assert_eq!(count("deal", "items="), 2);
    let layers = owner::load(Path::new("cnn_mnist"), ringshare::nn::Rounding::Stochastic)
        .unwrap()
        .1
        .architecture()
        .layers()
        .len();
    for number in 0..layers {
        assert_eq!(count("forward/layer", &format!("number={number} ")), 2);
    }
    assert_eq!(count("forward/layer", "rows=2 "), 2 * layers);
    assert!(count("forward/layer", "kind=\"Convolution\" ") >= 2);
    assert_eq!(count("forward/layer", "kind=\"Sign\" "), 0);
    // Weights are opened in masked form, and so are inputs of layers.
    assert!(count("share/opened", "party=1 ") > 0);
    assert!(count("forward/layer/opened", "party=1 dry=false ") > 0);

    // Nothing else, and no other fields.
    let known = [
        ("join", "party"),
        ("announce", "party items"),
        ("collect", "party items"),
        ("share", "layers"),
        ("share/opened", "party dry elements bytes message"),
        ("prepare", "party dry rows"),
        ("forward", "party dry rows"),
        ("forward/layer", "number kind rows"),
        ("forward/layer/opened", "party dry elements bytes message"),
        ("opened", "party dry elements bytes message"),
        ("deal", "items"),
    ];
    for (path, fields) in dark.keys() {
        let mut names: Vec<&str> =
            fields.split_whitespace().map(|field| field.split('=').next().unwrap()).collect();
        let expected = known.iter().find(|(known, _)| known == path);
        let mut expected: Vec<&str> = expected.unwrap_or_else(|| panic!("{path}")).1.split(' ').collect();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{path}");
    }

    // Other images, shares, seeds and masks, and the same in every field.
    assert_eq!(run(&seen, "cnn_mnist", 250), dark);
}
