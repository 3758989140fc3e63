//! Functions: what expressions of the sandbox language can call, besides minijinja's own filters.
//!
//! Always true: chance comes from the dice of the expression's place; time comes from the vendor's clock or epoch.
//! Elsewhere: the word lists are `words`; the list of functions for readers is in `docs/sandbox.md`.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use minijinja::value::{Kwargs, Rest, Value as Mj};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior};

use crate::scope::{Hand, Scope};
use crate::spec::Stamp;
use crate::template::to_json;
use crate::time::{format_ms, parse_ms};
use crate::{dice, state, words};

/// The environment all expressions share.
pub(crate) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(build);
    &ENVIRONMENT
}

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

const NAMES: [&str; 42] = [
    "int",
    "chance",
    "pick",
    "uuid",
    "token",
    "digits",
    "first_name",
    "last_name",
    "company",
    "slug",
    "email",
    "phone",
    "place",
    "street",
    "job_title",
    "subject",
    "sentence",
    "paragraph",
    "ago",
    "ahead",
    "time",
    "ref",
    "count",
    "record",
    "find",
    "where",
    "all",
    "deleted",
    "shape",
    "pick_keys",
    "without",
    "merge",
    "public",
    "get",
    "set",
    "dict",
    "range",
    "keyed",
    "json",
    "chunk",
    "hashed",
    "parts",
];

fn build() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Chainable);
    env.set_recursion_limit(200);
    add_chance(&mut env);
    add_people(&mut env);
    add_times(&mut env);
    add_records(&mut env);
    add_values(&mut env);
    env
}

fn hand(state: &State<'_, '_>) -> Result<Arc<Hand>, Error> {
    state
        .lookup("__hand")
        .and_then(|hand| hand.downcast_object::<Hand>())
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "no dice here"))
}

fn choose<'w>(hand: &Hand, words: &'w [&'w str]) -> &'w str {
    words[hand.dice.below(words.len() as u64) as usize]
}

fn add_chance(env: &mut Environment<'static>) {
    env.add_function("int", |state: &State<'_, '_>, low: i64, high: i64| {
        Ok::<_, Error>(hand(state)?.dice.between(low, high))
    });
    env.add_function("chance", |state: &State<'_, '_>, chance: f64| Ok::<_, Error>(hand(state)?.dice.chance(chance)));
    env.add_function("pick", |state: &State<'_, '_>, list: Vec<Mj>| {
        let hand = hand(state)?;
        Ok::<_, Error>(list.get(hand.dice.below(list.len() as u64) as usize).cloned().unwrap_or_default())
    });
    env.add_function("digits", |state: &State<'_, '_>, count: u32| {
        let hand = hand(state)?;
        Ok::<_, Error>((0..count.min(64)).map(|_| char::from(b'0' + hand.dice.below(10) as u8)).collect::<String>())
    });
    env.add_function("uuid", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        let (a, b) = (hand.dice.next(), hand.dice.next());
        let (c, d) = (hand.dice.next() & 0xfff, hand.dice.next() & 0xffff_ffff_ffff);
        Ok::<_, Error>(format!(
            "{:08x}-{:04x}-4{c:03x}-{:04x}-{d:012x}",
            a & 0xffff_ffff,
            b & 0xffff,
            0x8000 | (b >> 16 & 0x3fff)
        ))
    });
    env.add_function("token", |state: &State<'_, '_>, name: &str| {
        let seed = hand(state)?.world.seed();
        let bytes: Vec<u8> = (0..4_u64)
            .flat_map(|part| dice::combine(dice::hash(&[name.as_bytes()]) ^ part, seed).to_be_bytes())
            .collect();
        Ok::<_, Error>(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes[..27]).replace(['-', '_'], "x"))
    });
    env.add_function("hashed", |text: &str, bound: u64| (dice::hash(&[text.as_bytes()]) >> 1) % bound.max(1));
}

fn add_people(env: &mut Environment<'static>) {
    env.add_function("first_name", |state: &State<'_, '_>| {
        Ok::<_, Error>(choose(&*hand(state)?, &words::FIRST).to_owned())
    });
    env.add_function("last_name", |state: &State<'_, '_>| {
        Ok::<_, Error>(choose(&*hand(state)?, &words::LAST).to_owned())
    });
    env.add_function("job_title", |state: &State<'_, '_>| {
        Ok::<_, Error>(choose(&*hand(state)?, &words::TITLES).to_owned())
    });
    env.add_function("sentence", |state: &State<'_, '_>| {
        Ok::<_, Error>(choose(&*hand(state)?, &words::SENTENCES).to_owned())
    });
    env.add_function("company", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        Ok::<_, Error>(format!("{} {}", choose(&hand, &words::FIRM), choose(&hand, &words::TRADE)))
    });
    env.add_function("subject", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        let (noun, trouble) = (choose(&hand, &words::NOUNS), choose(&hand, &words::TROUBLES));
        let mut letters = noun.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        Ok::<_, Error>(format!("{first}{} {trouble}", letters.as_str()))
    });
    env.add_function("paragraph", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        let count = hand.dice.between(2, 4);
        Ok::<_, Error>((0..count).map(|_| choose(&hand, &words::SENTENCES)).collect::<Vec<_>>().join(" "))
    });
    env.add_function("street", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        Ok::<_, Error>(format!("{} {}", hand.dice.between(1, 240), choose(&hand, &words::STREETS)))
    });
    env.add_function("phone", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        Ok::<_, Error>(format!("+1 555 01{:02} {:03}", hand.dice.below(100), hand.dice.below(1000)))
    });
    env.add_function("place", |state: &State<'_, '_>| {
        let hand = hand(state)?;
        let (city, region, country, code, pattern) =
            words::PLACES[hand.dice.below(words::PLACES.len() as u64) as usize];
        let postal: String =
            pattern.chars().map(|c| if c == '#' { char::from(b'0' + hand.dice.below(10) as u8) } else { c }).collect();
        let pairs = [
            ("city", city),
            ("region", region),
            ("country", country),
            ("country_code", code),
            ("postal_code", &postal),
        ];
        Ok::<_, Error>(Mj::from_pairs(pairs))
    });
    env.add_function("slug", |text: &str| slug(text));
    env.add_function("email", |first: &str, last: &str, domain: &str| {
        format!("{}.{}@{domain}", slug(first), slug(last))
    });
}

fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

fn add_times(env: &mut Environment<'static>) {
    const DAY_MS: f64 = 86_400_000.0;
    env.add_function("ago", |state: &State<'_, '_>, least_days: f64, most_days: f64| {
        let hand = hand(state)?;
        let back = hand.dice.between((least_days * DAY_MS) as i64, (most_days * DAY_MS) as i64);
        Ok::<_, Error>(hand.world.epoch_ms().saturating_sub(back))
    });
    env.add_function("ahead", |state: &State<'_, '_>, least_days: f64, most_days: f64| {
        let hand = hand(state)?;
        let on = hand.dice.between((least_days * DAY_MS) as i64, (most_days * DAY_MS) as i64);
        Ok::<_, Error>(hand.world.epoch_ms().saturating_add(on))
    });
    env.add_function("time", |text: &str| parse_ms(text).map(Mj::from).unwrap_or_default());
    for (name, stamp) in [
        ("iso", Stamp::Iso),
        ("iso_ms", Stamp::IsoMs),
        ("offset", Stamp::Offset),
        ("datetime", Stamp::Datetime),
        ("date", Stamp::Date),
        ("unix_ms", Stamp::UnixMs),
    ] {
        env.add_filter(name, move |value: Mj| match value.as_i64() {
            Some(ms) => Mj::from(format_ms(ms, stamp)),
            None => match value.as_str().and_then(parse_ms) {
                Some(ms) => Mj::from(format_ms(ms, stamp)),
                None => Mj::from(()),
            },
        });
    }
}

fn add_records(env: &mut Environment<'static>) {
    env.add_function("count", |state: &State<'_, '_>, collection: &str| hand(state)?.world.generated(collection));
    env.add_function("ref", |state: &State<'_, '_>, collection: &str, place: Option<u64>| {
        let hand = hand(state)?;
        let count = hand.world.generated(collection)?.max(1);
        hand.world.id_at(collection, place.map_or_else(|| hand.dice.below(count), |place| place % count))
    });
    env.add_function("record", |state: &State<'_, '_>, collection: &str, place: Option<u64>| {
        let hand = hand(state)?;
        let count = hand.world.generated(collection)?.max(1);
        let place = place.map_or_else(|| hand.dice.below(count), |place| place % count);
        hand.world.record_at(collection, place)
    });
    env.add_function("find", |state: &State<'_, '_>, collection: &str, id: Mj| {
        Ok::<_, Error>(hand(state)?.world.find(collection, &id.to_string())?.unwrap_or_default())
    });
    env.add_function("where", |state: &State<'_, '_>, collection: &str, field: &str, value: Mj| {
        Ok::<_, Error>(Mj::from(hand(state)?.world.find_by(collection, field, &value.to_string())?))
    });
    env.add_function("all", |state: &State<'_, '_>, collection: &str| {
        Ok::<_, Error>(Mj::from(hand(state)?.world.all(collection)?))
    });
    env.add_function("deleted", |state: &State<'_, '_>, collection: &str| {
        Ok::<_, Error>(Mj::from(hand(state)?.world.deleted(collection)?))
    });
    env.add_function("shape", |state: &State<'_, '_>, name: &str, it: Mj, more: Kwargs| {
        let hand = hand(state)?;
        let shape = hand.world.plan().shapes.get(name).ok_or_else(|| state::unknown("shape", name))?;
        let mut scope = Scope::new(&hand.world).with("it", it);
        for key in more.args() {
            scope = scope.with(key, more.get::<Mj>(key)?);
        }
        shape.eval(&scope.shaken(hand.dice.next()))
    });
}

fn add_values(env: &mut Environment<'static>) {
    env.add_function("pick_keys", |value: Mj, keys: Vec<String>| {
        Mj::from_pairs(keys.into_iter().map(|key| {
            let found = value.get_attr(&key).ok().filter(|value| !value.is_undefined()).unwrap_or_else(|| Mj::from(()));
            (key, found)
        }))
    });
    env.add_function("without", |value: Mj, keys: Rest<String>| {
        let kept = value.try_iter()?.filter(|key| !keys.iter().any(|out| key.as_str() == Some(out)));
        kept.map(|key| Ok((key.clone(), value.get_item(&key)?))).collect::<Result<Vec<_>, Error>>().map(Mj::from_pairs)
    });
    env.add_function("merge", |first: Mj, second: Mj| {
        let mut merged = to_json(&first)?;
        if !second.is_undefined() && !second.is_none() {
            state::deep_merge(&mut merged, to_json(&second)?);
        }
        Ok::<_, Error>(crate::template::from_serde(&merged))
    });
    env.add_function("public", |value: Mj| state::public(&value));
    env.add_function("get", |value: Mj, path: &str| state::at_path(&value, path));
    env.add_function("set", |value: Mj, key: String, member: Mj| {
        let mut pairs = Vec::new();
        for name in value.try_iter()? {
            pairs.push((name.clone(), value.get_item(&name)?));
        }
        pairs.push((Mj::from(key), member));
        Ok::<_, Error>(Mj::from_pairs(pairs))
    });
    env.add_function("keyed", |list: Mj, key: &str| {
        list.try_iter()?
            .map(|item| Ok((state::at_path(&item, key).to_string(), item)))
            .collect::<Result<Vec<_>, Error>>()
            .map(Mj::from_pairs)
    });
    env.add_function("parts", |text: Mj, separator: &str| {
        let text = text.as_str().unwrap_or_default().to_owned();
        text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(Mj::from).collect::<Vec<_>>()
    });
    env.add_function("chunk", |list: Vec<Mj>, start: usize, size: usize| {
        list.into_iter().skip(start).take(size).collect::<Vec<_>>()
    });
    env.add_function("json", |text: &str| {
        serde_json::from_str::<serde_json::Value>(text)
            .map(|json| crate::template::from_serde(&json))
            .unwrap_or_default()
    });
}
