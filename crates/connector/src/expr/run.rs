//! Running the direct form of an expression.
//!
//! Always true: `one` is called only on nodes that give exactly one value (`single`), which the
//! compiler has checked; `each` works on all. An error given by the receiver of the values passes
//! through `?` and `//` untouched, and so does a reached limit.
//! Elsewhere: `compile` builds the nodes, `context` is what they see beside their input.

use std::borrow::Cow;

use super::context::{Cx, Hint, Local};
use super::functions::{Fun, put};
use super::{EvalError, PathStep, Val};
use jaq_core::ops::Cmp;

/// Whether to go on after a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Go,
    Stop,
}

/// What a receiver of values answers.
pub(crate) type Next = Result<Flow, EvalError>;

/// A compiled expression.
#[derive(Debug)]
pub(super) enum Node {
    Id,
    Const(Val<'static>),
    External(usize),
    Local(usize),
    Key {
        of: Box<Node>,
        key: Box<str>,
        optional: bool,
        hint: Hint,
    },
    Index {
        of: Box<Node>,
        index: i64,
        optional: bool,
    },
    /// `of[key]` with a computed key.
    Lookup {
        of: Box<Node>,
        key: Box<Node>,
        optional: bool,
    },
    /// A literal table indexed by a key.
    Table {
        rows: Vec<(Box<str>, Val<'static>)>,
        key: Box<Node>,
        optional: bool,
    },
    Iterate {
        of: Box<Node>,
        optional: bool,
    },
    Pipe(Box<Node>, Box<Node>),
    Bind(Box<Node>, Box<Node>),
    Comma(Box<Node>, Box<Node>),
    Alt(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Cmp(Cmp, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    If(Vec<(Node, Node)>, Box<Node>),
    Array(Option<Box<Node>>),
    Object(Vec<(Node, Node)>),
    Text(Vec<Node>),
    Call(Fun, Vec<Node>),
    /// `f(l; r)` without an input of its own.
    Math(Fun, Box<Node>, Box<Node>),
    Try(Box<Node>),
    Select(Box<Node>),
    Empty,
    /// `any(generator; condition)` and `all(...)`: stops at the first value whose truth is `stop`.
    Quantify {
        stop: bool,
        generator: Box<Node>,
        condition: Box<Node>,
    },
    First(Box<Node>),
    Last(Box<Node>),
    /// `test` with a pattern without special characters.
    Contains(Box<str>),
}

impl Node {
    /// True if it always gives exactly one value or an error.
    pub(super) fn single(&self) -> bool {
        match self {
            Self::Id | Self::Const(_) | Self::External(_) | Self::Local(_) | Self::Array(_) => true,
            Self::Cmp(..) | Self::And(..) | Self::Or(..) | Self::Negate(_) | Self::Object(_) | Self::Text(_) => true,
            Self::Call(..) | Self::Math(..) | Self::Quantify { .. } | Self::Contains(_) => true,
            Self::Key { of, optional, .. } | Self::Index { of, optional, .. } | Self::Lookup { of, optional, .. } => {
                !optional && of.single()
            }
            Self::Table { optional, .. } => !optional,
            Self::Pipe(l, r) | Self::Bind(l, r) => l.single() && r.single(),
            Self::Alt(l, r) => l.single() && r.single(),
            Self::If(branches, otherwise) => branches.iter().all(|(_, t)| t.single()) && otherwise.single(),
            Self::Iterate { .. } | Self::Comma(..) | Self::Try(_) | Self::Select(_) => false,
            Self::Empty | Self::First(_) | Self::Last(_) => false,
        }
    }

    /// The steps of a plain path.
    pub(super) fn plain_path(&self) -> Option<Vec<PathStep>> {
        let step = |of: &Self, step| {
            let mut steps = of.plain_path()?;
            steps.push(step);
            Some(steps)
        };
        match self {
            Self::Id => Some(Vec::new()),
            Self::Key { of, key, optional: false, .. } => step(of, PathStep::Key(key.clone())),
            Self::Index { of, index, optional: false } => step(of, PathStep::Index(*index)),
            _ => None,
        }
    }

    /// Keys of objects written out as the value or as items of the list.
    pub(super) fn written_keys(&self, keys: &mut Vec<String>) {
        match self {
            Self::Object(pairs) => keys.extend(pairs.iter().filter_map(|(key, _)| match key {
                Self::Const(Val::Str(key)) => Some(key.clone().into_owned()),
                _ => None,
            })),
            Self::Const(value) => keys.extend(value.pairs().into_iter().flatten().map(|(key, _)| key.into_owned())),
            Self::Array(Some(of)) | Self::Try(of) | Self::First(of) | Self::Last(of) => of.written_keys(keys),
            Self::Pipe(_, r) | Self::Bind(_, r) => r.written_keys(keys),
            Self::Alt(l, r) | Self::Comma(l, r) => {
                l.written_keys(keys);
                r.written_keys(keys);
            }
            Self::If(branches, otherwise) => {
                branches.iter().for_each(|(_, then)| then.written_keys(keys));
                otherwise.written_keys(keys);
            }
            _ => {}
        }
    }

    /// The one value.
    pub(super) fn one<'a>(&'a self, cx: &Cx<'_, 'a>, input: &Val<'a>) -> Result<Val<'a>, EvalError> {
        match self {
            Self::Id => Ok(input.clone()),
            Self::Const(value) => Ok(value.borrow()),
            Self::External(index) => Ok(cx.external(*index)),
            Self::Local(index) => {
                let value = cx.local(*index);
                cx.budget.charge(weight(&value))?;
                Ok(value)
            }
            Self::Key { of, key, hint, .. } => match &**of {
                Self::Id => cx.get(input, key, hint),
                of => of.one(cx, input)?.get(key),
            },
            Self::Index { of, index, .. } => of.one(cx, input)?.at(*index),
            Self::Lookup { of, key, .. } => {
                let key = key.one(cx, input)?;
                of.one(cx, input)?.index(&key)
            }
            Self::Table { rows, key, .. } => lookup(rows, &key.one(cx, input)?),
            Self::Pipe(l, r) => r.one(cx, &l.one(cx, input)?),
            Self::Bind(value, body) => {
                let local = Local { value: value.one(cx, input)?, outer: cx.locals };
                body.one(&cx.with(&local), input)
            }
            Self::Alt(l, r) => match l.one(cx, input) {
                Ok(value) if value.truthy() => Ok(value),
                Err(limit @ EvalError::Limit { .. }) => Err(limit),
                _ => r.one(cx, input),
            },
            Self::Iterate { .. } | Self::Comma(..) | Self::Try(_) | Self::Select(_) | Self::Empty => {
                Err(EvalError::Many)
            }
            Self::First(_) | Self::Last(_) => Err(EvalError::Many),
            computed => computed.compute(cx, input),
        }
    }

    /// The one value of a node that makes a new value.
    fn compute<'a>(&'a self, cx: &Cx<'_, 'a>, input: &Val<'a>) -> Result<Val<'a>, EvalError> {
        match self {
            Self::And(l, r) => Ok(Val::Bool(l.one(cx, input)?.truthy() && r.one(cx, input)?.truthy())),
            Self::Or(l, r) => Ok(Val::Bool(l.one(cx, input)?.truthy() || r.one(cx, input)?.truthy())),
            Self::Cmp(op, l, r) => {
                let (l, r) = (l.one(cx, input)?, r.one(cx, input)?);
                Ok(Val::Bool(compare(*op, &l, &r)))
            }
            Self::Negate(of) => negate(of.one(cx, input)?),
            Self::If(branches, otherwise) => choose(branches, otherwise, cx, input)?.one(cx, input),
            Self::Array(None) => Ok(Val::Arr(Vec::new())),
            Self::Array(Some(items)) => {
                let mut all = Vec::new();
                items.each(cx, input, &mut |v| {
                    cx.budget.charge(1)?;
                    all.push(v);
                    Ok(Flow::Go)
                })?;
                Ok(Val::Arr(all))
            }
            Self::Object(pairs) => object(pairs, cx, input),
            Self::Text(parts) => text(parts, cx, input),
            Self::Call(fun, args) => {
                let args = args.iter().map(|a| a.one(cx, input)).collect::<Result<Vec<_>, _>>()?;
                fun.call(input.clone(), args, &cx.budget.limits)
            }
            Self::Math(fun, l, r) => {
                let args = vec![l.one(cx, input)?, r.one(cx, input)?];
                fun.call(Val::Null, args, &cx.budget.limits)
            }
            Self::Contains(part) => match input.as_str() {
                Some(s) => Ok(Val::Bool(s.contains(&**part))),
                None => Err(EvalError::Data(format!("{} cannot be matched: not a string", input.shown()))),
            },
            Self::Quantify { stop, generator, condition } => quantify(*stop, generator, condition, cx, input),
            other => other.one(cx, input),
        }
    }

    /// Calls `out` with every value, until it says stop.
    pub(super) fn each<'a>(&'a self, cx: &Cx<'_, 'a>, input: &Val<'a>, out: &mut dyn FnMut(Val<'a>) -> Next) -> Next {
        match self {
            Self::Key { of, key, optional, .. } => of.each(cx, input, &mut |v| found(v.get(key), *optional, out)),
            Self::Index { of, index, optional } => of.each(cx, input, &mut |v| found(v.at(*index), *optional, out)),
            Self::Lookup { of, key, optional } => {
                let key = key.one(cx, input)?;
                of.each(cx, input, &mut |v| found(v.index(&key), *optional, out))
            }
            Self::Table { rows, key, optional } => {
                let key = key.one(cx, input)?;
                found(lookup(rows, &key), *optional, out)
            }
            Self::Iterate { of, optional } => of.each(cx, input, &mut |v| {
                if *optional && v.count().is_none() {
                    return Ok(Flow::Go);
                }
                v.each_value(&mut |item| {
                    cx.budget.charge(1)?;
                    out(item)
                })
            }),
            other => other.each_flow(cx, input, out),
        }
    }

    /// `each` of the nodes that direct the flow of values.
    fn each_flow<'a>(&'a self, cx: &Cx<'_, 'a>, input: &Val<'a>, out: &mut dyn FnMut(Val<'a>) -> Next) -> Next {
        match self {
            Self::Pipe(l, r) => l.each(cx, input, &mut |v| r.each(cx, &v, out)),
            Self::Bind(value, body) => value.each(cx, input, &mut |value| {
                let local = Local { value, outer: cx.locals };
                body.each(&cx.with(&local), input, out)
            }),
            Self::Comma(l, r) => match l.each(cx, input, out)? {
                Flow::Go => r.each(cx, input, out),
                Flow::Stop => Ok(Flow::Stop),
            },
            Self::Alt(l, r) => {
                let mut any = false;
                let flow = caught(l, cx, input, &mut |v| {
                    if !v.truthy() {
                        return Ok(Flow::Go);
                    }
                    any = true;
                    out(v)
                })?;
                if any || flow == Flow::Stop { Ok(flow) } else { r.each(cx, input, out) }
            }
            Self::If(branches, otherwise) => choose(branches, otherwise, cx, input)?.each(cx, input, out),
            Self::Try(of) => caught(of, cx, input, out),
            Self::Select(condition) => {
                if condition.one(cx, input)?.truthy() {
                    out(input.clone())
                } else {
                    Ok(Flow::Go)
                }
            }
            Self::Empty => Ok(Flow::Go),
            Self::First(of) => {
                let mut first = None;
                of.each(cx, input, &mut |v| {
                    first = Some(v);
                    Ok(Flow::Stop)
                })?;
                first.map_or(Ok(Flow::Go), out)
            }
            Self::Last(of) => {
                let mut last = None;
                of.each(cx, input, &mut |v| {
                    last = Some(v);
                    Ok(Flow::Go)
                })?;
                last.map_or(Ok(Flow::Go), out)
            }
            single => out(single.one(cx, input)?),
        }
    }
}

/// Number of values inside a constructed value: what copying it costs.
fn weight(value: &Val<'_>) -> u64 {
    match value {
        Val::Arr(items) => 1 + items.iter().map(weight).sum::<u64>(),
        Val::Obj(pairs) => 1 + pairs.iter().map(|(_, v)| weight(v)).sum::<u64>(),
        Val::Str(Cow::Owned(s)) => 1 + s.len() as u64 / 1024,
        _ => 0,
    }
}

fn found<'a>(value: Result<Val<'a>, EvalError>, optional: bool, out: &mut dyn FnMut(Val<'a>) -> Next) -> Next {
    match value {
        Ok(value) => out(value),
        Err(EvalError::Data(_)) if optional => Ok(Flow::Go),
        Err(e) => Err(e),
    }
}

/// Runs a node and ends its values at its first data error; errors of the receiver pass.
fn caught<'a>(node: &'a Node, cx: &Cx<'_, 'a>, input: &Val<'a>, out: &mut dyn FnMut(Val<'a>) -> Next) -> Next {
    let mut received = None;
    let flow = node.each(cx, input, &mut |v| match out(v) {
        Err(e) => {
            received = Some(e);
            Ok(Flow::Stop)
        }
        flow => flow,
    });
    match (received, flow) {
        (Some(e), _) => Err(e),
        (None, Err(EvalError::Data(_))) => Ok(Flow::Go),
        (None, flow) => flow,
    }
}

fn lookup<'a>(rows: &'a [(Box<str>, Val<'static>)], key: &Val<'a>) -> Result<Val<'a>, EvalError> {
    match key {
        Val::Str(key) => Ok(rows.iter().find(|(k, _)| **k == **key).map_or(Val::Null, |(_, v)| v.borrow())),
        key => Err(EvalError::Data(format!("cannot index object with {}", key.type_name()))),
    }
}

fn compare(op: Cmp, l: &Val<'_>, r: &Val<'_>) -> bool {
    let order = l.compare(r);
    match op {
        Cmp::Eq => order.is_eq(),
        Cmp::Ne => order.is_ne(),
        Cmp::Lt => order.is_lt(),
        Cmp::Le => order.is_le(),
        Cmp::Gt => order.is_gt(),
        Cmp::Ge => order.is_ge(),
    }
}

fn negate(value: Val<'_>) -> Result<Val<'_>, EvalError> {
    match (&value, value.as_f64()) {
        (Val::Int(i), _) => Ok(i.checked_neg().map_or(Val::Float(-(*i as f64)), Val::Int)),
        (_, Some(f)) => Ok(Val::Float(-f)),
        _ => Err(EvalError::Data(format!("{} cannot be negated", value.shown()))),
    }
}

fn choose<'a>(
    branches: &'a [(Node, Node)],
    otherwise: &'a Node,
    cx: &Cx<'_, 'a>,
    input: &Val<'a>,
) -> Result<&'a Node, EvalError> {
    for (condition, then) in branches {
        if condition.one(cx, input)?.truthy() {
            return Ok(then);
        }
    }
    Ok(otherwise)
}

fn object<'a>(pairs: &'a [(Node, Node)], cx: &Cx<'_, 'a>, input: &Val<'a>) -> Result<Val<'a>, EvalError> {
    let mut built = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let key = match key.one(cx, input)? {
            Val::Str(key) => key,
            other => return Err(EvalError::Data(format!("object keys must be strings, not {}", other.shown()))),
        };
        put(&mut built, key, value.one(cx, input)?);
    }
    Ok(Val::Obj(built))
}

fn text<'a>(parts: &'a [Node], cx: &Cx<'_, 'a>, input: &Val<'a>) -> Result<Val<'a>, EvalError> {
    let mut text = String::new();
    for part in parts {
        text.push_str(&part.one(cx, input)?.into_text());
        if text.len() as u64 > cx.budget.limits.bytes {
            return Err(EvalError::Limit { what: "bytes", limit: cx.budget.limits.bytes });
        }
    }
    Ok(Val::string(text))
}

fn quantify<'a>(
    stop: bool,
    generator: &'a Node,
    condition: &'a Node,
    cx: &Cx<'_, 'a>,
    input: &Val<'a>,
) -> Result<Val<'a>, EvalError> {
    let mut answer = !stop;
    generator.each(cx, input, &mut |v| {
        if condition.one(cx, &v)?.truthy() != stop {
            return Ok(Flow::Go);
        }
        answer = stop;
        Ok(Flow::Stop)
    })?;
    Ok(Val::Bool(answer))
}
