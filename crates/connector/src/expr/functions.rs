//! The functions: one table and one implementation for direct and interpreted expressions.
//!
//! Always true: a function is pure and total over JSON: it answers or gives a data error, it never
//! panics. What jq has behaves as in jq; what is our own is in `own`.
//! Elsewhere: functions that take filters (`map`, `select`, `any`, ...) are nodes of `run`.

use std::borrow::Cow;

use super::own;
use super::{EvalError, Limits, Val};

/// Answer of a function.
pub(super) type Answer<'a> = Result<Val<'a>, EvalError>;

macro_rules! functions {
    ($($variant:ident = $name:literal / $arity:literal),* $(,)?) => {
        /// A function over values.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Fun { $($variant),* }

        impl Fun {
            /// The function of that name and number of arguments.
            pub(super) fn find(name: &str, arity: usize) -> Option<Self> {
                match (name, arity) {
                    $(($name, $arity) => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Name and number of arguments.
            pub(super) fn name(self) -> (&'static str, usize) {
                match self { $(Self::$variant => ($name, $arity),)* }
            }
        }

        /// The functions as natives of the interpreter.
        pub(super) fn natives() -> Vec<super::interpret::NativeFun> {
            use super::interpret::call;
            vec![$(($name, jaq_core::native::v($arity), jaq_core::Native::new(|cv| call(cv, Fun::$variant)))),*]
        }
    };
}

functions! {
    Add = "__add"/2, Sub = "__sub"/2, Mul = "__mul"/2, Div = "__div"/2, Rem = "__rem"/2,
    Not = "not"/0, Length = "length"/0, Tostring = "tostring"/0, Tonumber = "tonumber"/0, Type = "type"/0,
    Downcase = "ascii_downcase"/0, Upcase = "ascii_upcase"/0,
    Ltrimstr = "ltrimstr"/1, Rtrimstr = "rtrimstr"/1, Startswith = "startswith"/1, Endswith = "endswith"/1,
    Trim = "trim"/0, Ltrim = "ltrim"/0, Rtrim = "rtrim"/0,
    Split = "split"/1, Join = "join"/1, Has = "has"/1, ToEntries = "to_entries"/0, FromEntries = "from_entries"/0,
    Keys = "keys"/0, KeysUnsorted = "keys_unsorted"/0, AddAll = "add"/0, Flatten = "flatten"/0, FlattenTo = "flatten"/1,
    Unique = "unique"/0, Sort = "sort"/0, Reverse = "reverse"/0, Min = "min"/0, Max = "max"/0, Tojson = "tojson"/0,
    Any = "any"/0, All = "all"/0, Floor = "floor"/0, Ceil = "ceil"/0, Round = "round"/0, Fabs = "fabs"/0, Abs = "abs"/0,
    Contains = "contains"/1,
    FromUnix = "from_unix"/0, FromUnixMs = "from_unix_ms"/0, ToDatetime = "to_datetime"/1, Blank = "blank"/0,
    StripHtml = "strip_html"/0, Digits = "digits"/0, ParseJson = "parse_json"/0,
}

impl Fun {
    /// Applies the function to the input.
    pub(super) fn call<'a>(self, input: Val<'a>, mut args: Vec<Val<'a>>, limits: &Limits) -> Answer<'a> {
        let second = if args.len() > 1 { args.pop() } else { None };
        let first = args.pop().unwrap_or(Val::Null);
        let second = second.unwrap_or(Val::Null);
        match self {
            Self::Add => add(first, second, limits),
            Self::Sub => subtract(first, second),
            Self::Mul => multiply(first, second, limits),
            Self::Div => divide(first, second),
            Self::Rem => remainder(first, second),
            Self::Not => Ok(Val::Bool(!input.truthy())),
            Self::Length => length(input),
            Self::Tostring => Ok(Val::Str(input.into_text())),
            Self::Tojson => Ok(Val::string(json(&input))),
            Self::Tonumber => to_number(input),
            Self::Type => Ok(Val::str(input.type_name())),
            Self::Downcase => text(input, "ascii_downcase", |s| s.to_ascii_lowercase()),
            Self::Upcase => text(input, "ascii_upcase", |s| s.to_ascii_uppercase()),
            Self::Ltrimstr => Ok(trimmed(input, &first, |s, x| s.strip_prefix(x))),
            Self::Rtrimstr => Ok(trimmed(input, &first, |s, x| s.strip_suffix(x))),
            Self::Startswith => two_texts(&input, &first, "startswith", |s, x| s.starts_with(x)),
            Self::Endswith => two_texts(&input, &first, "endswith", |s, x| s.ends_with(x)),
            Self::Trim => text(input, "trim", |s| s.trim().to_owned()),
            Self::Ltrim => text(input, "ltrim", |s| s.trim_start().to_owned()),
            Self::Rtrim => text(input, "rtrim", |s| s.trim_end().to_owned()),
            Self::Split => split(&input, &first),
            Self::Join => join(&input, &first),
            Self::Has => has(&input, &first),
            Self::ToEntries => to_entries(&input),
            Self::FromEntries => from_entries(&input),
            Self::Keys => keys(&input, true),
            Self::KeysUnsorted => keys(&input, false),
            Self::AddAll => values(&input)?.into_iter().try_fold(Val::Null, |sum, v| add(sum, v, limits)),
            Self::Flatten => flatten(&input, f64::INFINITY),
            Self::FlattenTo => match first.as_f64() {
                Some(depth) if depth >= 0.0 => flatten(&input, depth),
                _ => Err(EvalError::Data("flatten depth must be a number that is not negative".to_owned())),
            },
            Self::Unique => sorted(&input, true),
            Self::Sort => sorted(&input, false),
            Self::Reverse => reverse(input),
            Self::Min => Ok(array(&input, "min")?
                .into_iter()
                .reduce(|a, b| if b.compare(&a).is_lt() { b } else { a })
                .unwrap_or(Val::Null)),
            Self::Max => Ok(array(&input, "max")?
                .into_iter()
                .reduce(|a, b| if b.compare(&a).is_ge() { b } else { a })
                .unwrap_or(Val::Null)),
            Self::Any => Ok(Val::Bool(values(&input)?.iter().any(Val::truthy))),
            Self::All => Ok(Val::Bool(values(&input)?.iter().all(Val::truthy))),
            Self::Floor => number(&input, f64::floor),
            Self::Ceil => number(&input, f64::ceil),
            Self::Round => number(&input, f64::round),
            Self::Fabs | Self::Abs => number(&input, f64::abs),
            Self::Contains => contains(&input, &first).map(Val::Bool),
            Self::FromUnix => own::from_unix(&input, 1_000_000_000),
            Self::FromUnixMs => own::from_unix(&input, 1_000_000),
            Self::ToDatetime => own::to_datetime(&input, &first),
            Self::Blank => Ok(own::blank(input)),
            Self::StripHtml => own::strip_html(input),
            Self::Digits => own::digits(input),
            Self::ParseJson => own::parse_json(input),
        }
    }
}

fn fail<'a>(input: &Val<'_>, what: &str) -> Answer<'a> {
    Err(EvalError::Data(format!("{} cannot be {what}", input.shown())))
}

fn json(value: &Val<'_>) -> String {
    let mut out = Vec::new();
    value.write_json(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn values<'a>(input: &Val<'a>) -> Result<Vec<Val<'a>>, EvalError> {
    let mut all = Vec::with_capacity(input.count().unwrap_or(0));
    input.each_value(&mut |v| {
        all.push(v);
        Ok(super::run::Flow::Go)
    })?;
    Ok(all)
}

fn array<'a>(input: &Val<'a>, what: &str) -> Result<Vec<Val<'a>>, EvalError> {
    input.items().ok_or_else(|| EvalError::Data(format!("{} has no {what}: not an array", input.shown())))
}

fn text<'a>(input: Val<'a>, name: &str, f: impl Fn(&str) -> String) -> Answer<'a> {
    match input.as_str() {
        Some(s) => Ok(Val::string(f(s))),
        None => Err(EvalError::Data(format!("{name} wants a string, not {}", input.shown()))),
    }
}

fn two_texts<'a>(input: &Val<'a>, arg: &Val<'a>, name: &str, f: impl Fn(&str, &str) -> bool) -> Answer<'a> {
    match (input.as_str(), arg.as_str()) {
        (Some(s), Some(x)) => Ok(Val::Bool(f(s, x))),
        _ => Err(EvalError::Data(format!("{name} wants strings"))),
    }
}

fn trimmed<'a>(input: Val<'a>, arg: &Val<'a>, f: impl for<'s> Fn(&'s str, &str) -> Option<&'s str>) -> Val<'a> {
    match (&input, arg.as_str()) {
        (Val::Str(Cow::Borrowed(s)), Some(x)) => Val::str(f(s, x).unwrap_or(s)),
        (Val::Str(s), Some(x)) => Val::string(f(s, x).unwrap_or(s).to_owned()),
        _ => input,
    }
}

fn limited<'a>(size: usize, limits: &Limits, f: impl FnOnce() -> Val<'a>) -> Answer<'a> {
    if size as u64 > limits.bytes {
        return Err(EvalError::Limit { what: "bytes", limit: limits.bytes });
    }
    Ok(f())
}

/// `+`: null is neutral; numbers, strings, arrays and objects join their like.
pub(super) fn add<'a>(l: Val<'a>, r: Val<'a>, limits: &Limits) -> Answer<'a> {
    match (l, r) {
        (Val::Null, x) | (x, Val::Null) => Ok(x),
        (Val::Int(a), Val::Int(b)) => Ok(a.checked_add(b).map_or(Val::Float(a as f64 + b as f64), Val::Int)),
        (Val::Str(a), Val::Str(b)) => limited(a.len() + b.len(), limits, || {
            let mut joined = a.into_owned();
            joined.push_str(&b);
            Val::string(joined)
        }),
        (l, r) => match (l.as_f64(), r.as_f64()) {
            (Some(a), Some(b)) => Ok(Val::Float(a + b)),
            _ => add_containers(l, r, limits),
        },
    }
}

fn add_containers<'a>(l: Val<'a>, r: Val<'a>, limits: &Limits) -> Answer<'a> {
    if let (Some(mut a), Some(b)) = (l.items(), r.items()) {
        return limited(a.len() + b.len(), limits, || {
            a.extend(b);
            Val::Arr(a)
        });
    }
    match (l.pairs(), r.pairs()) {
        (Some(mut a), Some(b)) => limited(a.len() + b.len(), limits, || {
            for (key, value) in b {
                put(&mut a, key, value);
            }
            Val::Obj(a)
        }),
        _ => Err(EvalError::Data(format!("{} and {} cannot be added", l.shown(), r.shown()))),
    }
}

/// Sets a key of an object under construction; a repeated key keeps its place.
pub(super) fn put<'a>(pairs: &mut Vec<(Cow<'a, str>, Val<'a>)>, key: Cow<'a, str>, value: Val<'a>) {
    match pairs.iter_mut().find(|(k, _)| *k == key) {
        Some(pair) => pair.1 = value,
        None => pairs.push((key, value)),
    }
}

fn subtract<'a>(l: Val<'a>, r: Val<'a>) -> Answer<'a> {
    if let (Val::Int(a), Val::Int(b)) = (&l, &r) {
        return Ok(a.checked_sub(*b).map_or(Val::Float(*a as f64 - *b as f64), Val::Int));
    }
    if let (Some(a), Some(b)) = (l.as_f64(), r.as_f64()) {
        return Ok(Val::Float(a - b));
    }
    match (l.items(), r.items()) {
        (Some(a), Some(b)) => Ok(Val::Arr(a.into_iter().filter(|x| !b.iter().any(|y| x.compare(y).is_eq())).collect())),
        _ => Err(EvalError::Data(format!("{} and {} cannot be subtracted", l.shown(), r.shown()))),
    }
}

fn multiply<'a>(l: Val<'a>, r: Val<'a>, limits: &Limits) -> Answer<'a> {
    if let (Val::Int(a), Val::Int(b)) = (&l, &r) {
        return Ok(a.checked_mul(*b).map_or(Val::Float(*a as f64 * *b as f64), Val::Int));
    }
    if let (Some(a), Some(b)) = (l.as_f64(), r.as_f64()) {
        return Ok(Val::Float(a * b));
    }
    match (&l, &r) {
        (Val::Str(s), n) | (n, Val::Str(s)) if n.as_f64().is_some() => {
            let times = n.as_f64().unwrap_or(0.0);
            if times <= 0.0 || times.is_nan() {
                return Ok(Val::Null);
            }
            let times = if times < 1.0 { 1 } else { times as usize };
            limited(s.len().saturating_mul(times), limits, || Val::string(s.repeat(times)))
        }
        _ => match (l.pairs(), r.pairs()) {
            (Some(a), Some(b)) => Ok(Val::Obj(merge(a, b))),
            _ => Err(EvalError::Data(format!("{} and {} cannot be multiplied", l.shown(), r.shown()))),
        },
    }
}

type Pairs<'a> = Vec<(Cow<'a, str>, Val<'a>)>;

fn merge<'a>(mut a: Pairs<'a>, b: Pairs<'a>) -> Pairs<'a> {
    for (key, value) in b {
        let old = a.iter().find(|(k, _)| *k == key).and_then(|(_, v)| v.pairs());
        let value = match (old, value.pairs()) {
            (Some(old), Some(new)) => Val::Obj(merge(old, new)),
            _ => value,
        };
        put(&mut a, key, value);
    }
    a
}

fn divide<'a>(l: Val<'a>, r: Val<'a>) -> Answer<'a> {
    if let (Some(a), Some(b)) = (l.as_f64(), r.as_f64()) {
        if b == 0.0 {
            return Err(EvalError::Data(format!("{} cannot be divided: the divisor is zero", l.shown())));
        }
        return Ok(match (&l, &r) {
            (Val::Int(a), Val::Int(b)) if a.checked_rem(*b) == Some(0) => Val::Int(a / b),
            _ => Val::Float(a / b),
        });
    }
    match (&l, &r) {
        (Val::Str(_), Val::Str(_)) => split(&l, &r),
        _ => Err(EvalError::Data(format!("{} and {} cannot be divided", l.shown(), r.shown()))),
    }
}

fn remainder<'a>(l: Val<'a>, r: Val<'a>) -> Answer<'a> {
    let (Some(a), Some(b)) = (l.as_f64(), r.as_f64()) else {
        return Err(EvalError::Data(format!("{} and {} cannot be divided", l.shown(), r.shown())));
    };
    if a.is_nan() || b.is_nan() {
        return Ok(Val::Float(f64::NAN));
    }
    let (a, b) = (a as i64, b as i64);
    match b {
        0 => Err(EvalError::Data(format!("{} cannot be divided: the divisor is zero", l.shown()))),
        _ => Ok(Val::Int((a.unsigned_abs() % b.unsigned_abs()) as i64 * a.signum())),
    }
}

fn length<'a>(input: Val<'a>) -> Answer<'a> {
    match &input {
        Val::Null => Ok(Val::Int(0)),
        Val::Str(s) => Ok(Val::Int(s.chars().count() as i64)),
        Val::Int(i) => Ok(i.checked_abs().map_or(Val::Float((*i as f64).abs()), Val::Int)),
        Val::Uint(_) => Ok(input),
        Val::Float(f) => Ok(Val::Float(f.abs())),
        _ => match input.count() {
            Some(n) => Ok(Val::Int(n as i64)),
            None => Err(EvalError::Data(format!("{} has no length", input.shown()))),
        },
    }
}

fn to_number<'a>(input: Val<'a>) -> Answer<'a> {
    match &input {
        Val::Int(_) | Val::Uint(_) | Val::Float(_) => Ok(input),
        Val::Str(s) => parse_number(s).map_or_else(|| fail(&input, "parsed as a number"), Ok),
        _ => fail(&input, "parsed as a number"),
    }
}

/// A JSON number in text, without surrounding space.
pub(crate) fn parse_number(text: &str) -> Option<Val<'static>> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let starts = unsigned.as_bytes().first().is_some_and(|b| b.is_ascii_digit() || *b == b'.');
    if !starts || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    if let Ok(int) = text.parse::<i64>() {
        return Some(Val::Int(int));
    }
    text.parse::<f64>().ok().map(Val::Float)
}

fn number<'a>(input: &Val<'a>, f: impl Fn(f64) -> f64) -> Answer<'a> {
    match input {
        Val::Int(i) if *i >= 0 => Ok(Val::Int(*i)),
        _ => match input.as_f64().map(f) {
            Some(n) if n.fract() == 0.0 && n.abs() < 9e15 => Ok(Val::Int(n as i64)),
            Some(n) => Ok(Val::Float(n)),
            None => Err(EvalError::Data(format!("a number is wanted, not {}", input.shown()))),
        },
    }
}

fn split<'a>(input: &Val<'a>, separator: &Val<'a>) -> Answer<'a> {
    let (Some(s), Some(by)) = (input.as_str(), separator.as_str()) else {
        return Err(EvalError::Data("split wants strings".to_owned()));
    };
    let own = |part: &str| Val::string(part.to_owned());
    Ok(Val::Arr(match (s, by) {
        ("", _) => Vec::new(),
        (s, "") => s.chars().map(|c| Val::string(c.to_string())).collect(),
        (s, by) => s.split(by).map(own).collect(),
    }))
}

fn join<'a>(input: &Val<'a>, separator: &Val<'a>) -> Answer<'a> {
    let items = values(input)?;
    if items.is_empty() {
        return Ok(Val::str(""));
    }
    let Some(by) = separator.as_str() else {
        return Err(EvalError::Data(format!("join wants a string between, not {}", separator.shown())));
    };
    let mut joined = String::new();
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            joined.push_str(by);
        }
        match item {
            Val::Null => {}
            Val::Str(_) | Val::Bool(_) | Val::Int(_) | Val::Uint(_) | Val::Float(_) => {
                joined.push_str(&item.into_text())
            }
            other => return fail(&other, "joined"),
        }
    }
    Ok(Val::string(joined))
}

fn has<'a>(input: &Val<'a>, key: &Val<'a>) -> Answer<'a> {
    match (input.pairs(), input.count(), key) {
        (Some(pairs), _, Val::Str(key)) => Ok(Val::Bool(pairs.iter().any(|(k, _)| k == key))),
        (None, Some(count), Val::Int(i)) => Ok(Val::Bool(*i >= 0 && (*i as u64) < count as u64)),
        _ => Err(EvalError::Data(format!("cannot check whether {} has {}", input.shown(), key.shown()))),
    }
}

fn to_entries<'a>(input: &Val<'a>) -> Answer<'a> {
    let Some(pairs) = input.pairs() else {
        return Err(EvalError::Data(format!("{} has no keys", input.shown())));
    };
    let entry = |(key, value)| Val::Obj(vec![("key".into(), Val::Str(key)), ("value".into(), value)]);
    Ok(Val::Arr(pairs.into_iter().map(entry).collect()))
}

fn from_entries<'a>(input: &Val<'a>) -> Answer<'a> {
    let mut pairs = Vec::new();
    for entry in values(input)? {
        let named = |names: &[&str]| {
            let found = names
                .iter()
                .map(|n| entry.get(n))
                .find(|v| v.as_ref().map_or(true, |v| !matches!(v, Val::Null | Val::Bool(false))));
            found.unwrap_or(Ok(Val::Null))
        };
        let key = match named(&["key", "k", "name", "Name", "Key", "K"])? {
            key @ (Val::Str(_) | Val::Int(_) | Val::Uint(_) | Val::Float(_) | Val::Bool(_) | Val::Null) => {
                key.into_text()
            }
            other => return fail(&other, "used as a key"),
        };
        let value = ["value", "v", "Value", "V"]
            .iter()
            .map(|n| entry.get(n))
            .find(|v| v.as_ref().map_or(true, |v| !matches!(v, Val::Null)));
        put(&mut pairs, key, value.unwrap_or(Ok(Val::Null))?);
    }
    Ok(Val::Obj(pairs))
}

fn keys<'a>(input: &Val<'a>, sort: bool) -> Answer<'a> {
    match (input.pairs(), input.count()) {
        (Some(pairs), _) => {
            let mut keys: Vec<_> = pairs.into_iter().map(|(k, _)| k).collect();
            if sort {
                keys.sort();
            }
            Ok(Val::Arr(keys.into_iter().map(Val::Str).collect()))
        }
        (None, Some(count)) => Ok(Val::Arr((0..count as i64).map(Val::Int).collect())),
        (None, None) => Err(EvalError::Data(format!("{} has no keys", input.shown()))),
    }
}

fn flatten<'a>(input: &Val<'a>, depth: f64) -> Answer<'a> {
    fn into<'a>(items: Vec<Val<'a>>, depth: f64, flat: &mut Vec<Val<'a>>) {
        for item in items {
            match item.items() {
                Some(inner) if depth > 0.0 => into(inner, depth - 1.0, flat),
                _ => flat.push(item),
            }
        }
    }
    let mut flat = Vec::new();
    into(values(input)?, depth, &mut flat);
    Ok(Val::Arr(flat))
}

fn sorted<'a>(input: &Val<'a>, unique: bool) -> Answer<'a> {
    let Some(mut items) = input.items() else { return fail(input, "sorted: not an array") };
    items.sort_by(Val::compare);
    if unique {
        items.dedup_by(|a, b| a.compare(b).is_eq());
    }
    Ok(Val::Arr(items))
}

fn reverse<'a>(input: Val<'a>) -> Answer<'a> {
    match &input {
        Val::Null => Ok(Val::Arr(Vec::new())),
        Val::Str(s) => Ok(Val::string(s.chars().rev().collect())),
        _ => match input.items() {
            Some(items) => Ok(Val::Arr(items.into_iter().rev().collect())),
            None => fail(&input, "reversed"),
        },
    }
}

fn contains(a: &Val<'_>, b: &Val<'_>) -> Result<bool, EvalError> {
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Ok(a.contains(b));
    }
    if a.type_name() != b.type_name() {
        return Err(EvalError::Data(format!("cannot check whether {} contains {}", a.shown(), b.shown())));
    }
    let inside = |x: &Val<'_>, y: &Val<'_>| x.type_name() == y.type_name() && contains(x, y).unwrap_or(false);
    if let (Some(a), Some(b)) = (a.items(), b.items()) {
        return Ok(b.iter().all(|y| a.iter().any(|x| inside(x, y))));
    }
    if let (Some(a), Some(b)) = (a.pairs(), b.pairs()) {
        return Ok(b.iter().all(|(k, y)| a.iter().any(|(key, x)| key == k && inside(x, y))));
    }
    Ok(a.compare(b).is_eq())
}
