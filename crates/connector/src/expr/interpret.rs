//! The interpreted form: what the direct form does not cover, run by jaq within limits.
//!
//! Always true: an expression sees no clock, environment, file or further input; every loop passes
//! through `__step`, which counts, and whose error no `try` catches; recursive definitions have been
//! refused by the parser. So the work of one evaluation is bounded by its steps.
//! Elsewhere: the guards are woven in by `print`, the functions are those of `functions`.

use std::cell::Cell;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Cv, DataT, Exn, Lut, Native, ValX, ValXs, Vars, data::HasLut};
use sonic_rs::Value;

use super::context::Budget;
use super::functions::{self, Fun};
use super::run::{Flow, Next};
use super::{EvalError, ExprError, Limits, Val, parse, print};

/// A native of the interpreter: name, arguments, code.
pub(super) type NativeFun = (&'static str, Box<[jaq_core::Bind]>, Native<Json>);

type Jaq = jaq_json::Val;

/// Functions of the interpreter that reach outside, print, or cannot be bounded.
const FORBIDDEN: &[&str] = &[
    "now",
    "env",
    "input",
    "inputs",
    "input_filename",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
    "combinations",
    "__range",
];

/// Definitions that replace jaq's: loops that count their steps, and what jq answers differently.
const DEFINITIONS: &str = "
def __at($k): ($k | type) as $t | type as $c
  | if ($c == \"object\" and $t != \"string\") or ($c == \"array\" and $t == \"null\")
      or $t == \"boolean\" or $t == \"object\"
    then error(\"cannot index \" + $c + \" with \" + $t)
    elif $t == \"number\" then .[$k | floor] else .[$k] end;
def first: __at(0);
def last: __at(-1);
def repeat(f): def rec: __step | (f, rec); rec;
def recurse(f): def rec: __step | ., (f | rec); rec;
def recurse: recurse(.[]?);
def recurse(f; cond): recurse(f | select(cond));
def while(cond; update): def rec: __step | if cond then ., (update | rec) else empty end; rec;
def until(cond; update): def rec: __step | if cond then . else update | rec end; rec;
def range($from; $upto; $by): __range($from; $upto; $by) | __step;
def range($from; $upto): range($from; $upto; 1);
def range($upto): range(0; $upto; 1);
def add(f): reduce f as $x (null; __add(.; $x) | __turn);
def values: select(. != null);
def isvalid(f): try (f | true) catch false;
def ascii: [.] | implode;
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def toarray: if type == \"array\" then . else [.] end;
";

/// The kind of data the interpreter runs on.
pub(super) struct Json;

impl DataT for Json {
    type V<'a> = Jaq;
    type Data<'a> = Env<'a>;
}

/// What natives can see.
#[derive(Clone)]
pub(super) struct Env<'a> {
    lut: &'a Lut<Json>,
    run: &'a Run,
}

impl<'a> HasLut<'a, Json> for Env<'a> {
    fn lut(&self) -> &'a Lut<Json> {
        self.lut
    }
}

/// The state of one evaluation.
struct Run {
    budget: Budget,
    exceeded: Cell<Option<&'static str>>,
}

impl Run {
    fn exceed<'a, T>(&self, what: &'static str) -> ValX<'a, T, Jaq> {
        self.exceeded.set(Some(what));
        // A halt is what no `try` catches.
        Err(Exn::halt(0))
    }

    fn error(&self) -> Option<EvalError> {
        let limits = &self.budget.limits;
        self.exceeded.get().map(|what| {
            let limit = match what {
                "steps" => limits.steps,
                "bytes" => limits.bytes,
                _ => limits.depth,
            };
            EvalError::Limit { what, limit }
        })
    }
}

/// A program for the interpreter.
pub(super) struct Program {
    filter: jaq_core::Filter<Json>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Program")
    }
}

impl Program {
    /// Compiles a parsed term for the interpreter.
    pub(super) fn new(
        source: &str,
        term: &jaq_core::load::parse::Term<&str>,
        variables: &[&str],
    ) -> Result<Self, ExprError> {
        let code = print::print(term);
        let arena = Arena::default();
        let unreadable = |message: &str| ExprError { position: 0, message: message.to_owned(), suggestion: None };
        let file = File { code: code.as_str(), path: () };
        let modules = Loader::new(definitions())
            .load(&arena, file)
            .map_err(|_| unreadable("the expression uses syntax that is not supported"))?;
        let compiled =
            Compiler::default().with_funs(natives()).with_global_vars(variables.iter().copied()).compile(modules);
        match compiled {
            Ok(filter) => Ok(Self { filter }),
            Err(errors) => {
                let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
                Err(first
                    .map_or_else(|| unreadable("cannot be compiled"), |(name, kind)| undefined(source, name, kind)))
            }
        }
    }

    /// Calls `out` with every value.
    pub(super) fn each<'a>(
        &self,
        input: &Value,
        vars: &[&Value],
        limits: &Limits,
        out: &mut dyn FnMut(Val<'a>) -> Next,
    ) -> Result<(), EvalError> {
        let run = Run { budget: Budget::new(*limits), exceeded: Cell::new(None) };
        let env = Env { lut: &self.filter.lut, run: &run };
        let vars = Vars::new(vars.iter().map(|v| Val::from_value(v).to_jaq()));
        let ctx = Ctx::<Json>::new(env, vars);
        for output in self.filter.id.run((ctx, Val::from_value(input).to_jaq())) {
            let value = match output.map_err(Exn::get_err) {
                Ok(value) => value,
                Err(Ok(error)) => return Err(EvalError::Data(message(&error))),
                Err(Err(_)) => {
                    let broken = || EvalError::Data("break outside of its label".to_owned());
                    return Err(run.error().unwrap_or_else(broken));
                }
            };
            if let Some(what) = oversized(&value, limits) {
                return Err(EvalError::Limit {
                    what,
                    limit: if what == "depth" { limits.depth } else { limits.bytes },
                });
            }
            if out(Val::from_jaq(&value)?)? == Flow::Stop {
                break;
            }
        }
        Ok(())
    }
}

fn message(error: &jaq_core::Error<Jaq>) -> String {
    let text = error.to_string();
    text.chars().take(200).collect()
}

fn undefined(source: &str, name: &str, kind: jaq_core::compile::Undefined) -> ExprError {
    use jaq_core::compile::Undefined;
    let position = source.find(name).unwrap_or(0);
    let (what, suggest) = match kind {
        Undefined::Filter(arity) if FORBIDDEN.contains(&name) => {
            return ExprError {
                position,
                message: format!("`{name}` is not available: an expression sees nothing but its input (arity {arity})"),
                suggestion: None,
            };
        }
        Undefined::Filter(arity) => {
            let known = names();
            let mut arities: Vec<String> =
                known.iter().filter(|(n, _)| *n == name).map(|(_, a)| a.to_string()).collect();
            arities.sort();
            if !arities.is_empty() {
                let message = format!("`{name}` takes {} arguments, not {arity}", arities.join(" or "));
                return ExprError { position, message, suggestion: None };
            }
            ("function", parse::nearest(name, known.iter().map(|(n, _)| *n)))
        }
        Undefined::Var => ("variable", None),
        Undefined::Label => ("label", None),
        _ => ("name", None),
    };
    ExprError { position, message: format!("unknown {what} `{name}`"), suggestion: suggest }
}

/// Names and arities of everything that can be called.
fn names() -> Vec<(&'static str, usize)> {
    let defined = definitions().map(|d| (d.name, d.args.len()));
    let native = natives().map(|(name, args, _)| (name, args.len()));
    defined.chain(native).filter(|(n, _)| !n.starts_with('_') && !n.starts_with('!')).collect()
}

fn ours() -> Vec<jaq_core::load::parse::Def<&'static str>> {
    jaq_core::load::parse(DEFINITIONS, |p| p.defs()).unwrap_or_default()
}

/// jaq's definitions without those that are ours; ours of the same name stand in their place, as a
/// definition sees only those before it.
fn definitions() -> impl Iterator<Item = jaq_core::load::parse::Def<&'static str>> {
    let mut ours = ours();
    let mut all = Vec::new();
    for def in jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()) {
        let same =
            |d: &jaq_core::load::parse::Def<&str>| d.name == def.name || (d.name == "__at" && def.name == "first");
        let arity = def.args.len();
        if ours.iter().any(same) {
            let (here, later) = ours.into_iter().partition(same);
            all.extend::<Vec<_>>(here);
            ours = later;
        }
        let replaced = all.iter().any(|d| same(d) && d.args.len() == arity);
        if !replaced && !FORBIDDEN.contains(&def.name) && Fun::find(def.name, arity).is_none() {
            all.push(def);
        }
    }
    all.extend(ours);
    all.into_iter()
}

fn natives() -> impl Iterator<Item = NativeFun> {
    let theirs = jaq_core::funs::<Json>().chain(jaq_std::funs::<Json>()).chain(jaq_json::funs::<Json>());
    let theirs = theirs.map(|(name, args, native)| (if name == "range" { "__range" } else { name }, args, native));
    let kept = theirs.filter(|(name, args, _)| {
        (*name == "__range" || !FORBIDDEN.contains(name)) && Fun::find(name, args.len()).is_none()
    });
    let none = || jaq_core::native::v(0);
    let step = Native::<Json>::new(|cv| once(step(&cv)))
        .with_paths(|cv| match cv.0.data().run.budget.charge(1) {
            Ok(()) => Box::new(std::iter::once(Ok(cv.1))),
            Err(_) => Box::new(std::iter::once(cv.0.data().run.exceed("steps"))),
        })
        .with_update(|cv, f| match step(&cv) {
            Ok(value) => f(value),
            Err(e) => once(Err(e)),
        });
    let turn = Native::<Json>::new(|cv| once(turn(&cv)));
    functions::natives().into_iter().chain([("__step", none(), step), ("__turn", none(), turn)]).chain(kept)
}

fn once<'a>(value: ValX<'a, Jaq>) -> ValXs<'a, Jaq> {
    Box::new(std::iter::once(value))
}

fn step<'a>(cv: &Cv<'a, Json>) -> ValX<'a, Jaq> {
    let run = cv.0.data().run;
    match run.budget.charge(1) {
        Ok(()) => Ok(cv.1.clone()),
        Err(_) => run.exceed("steps"),
    }
}

/// A turn of a `reduce`: as `step`, and now and then looks whether the value has grown too deep or large.
fn turn<'a>(cv: &Cv<'a, Json>) -> ValX<'a, Jaq> {
    let run = cv.0.data().run;
    if run.budget.taken() % 64 == 0
        && let Some(what) = oversized(&cv.1, &run.budget.limits)
    {
        return run.exceed(what);
    }
    step(cv)
}

/// Which limit a value breaks; stops looking at the first.
fn oversized(value: &Jaq, limits: &Limits) -> Option<&'static str> {
    fn look(value: &Jaq, depth: u64, left: &mut u64) -> Option<&'static str> {
        let Some(rest) = left.checked_sub(1) else { return Some("bytes") };
        *left = rest;
        let deeper = depth.checked_sub(1);
        match (value, deeper) {
            (Jaq::Arr(_) | Jaq::Obj(_), None) => Some("depth"),
            (Jaq::Arr(items), Some(depth)) => items.iter().find_map(|v| look(v, depth, left)),
            (Jaq::Obj(map), Some(depth)) => map.values().find_map(|v| look(v, depth, left)),
            _ => None,
        }
    }
    look(value, limits.depth, &mut limits.bytes.clone())
}

/// Runs one of our functions as a native.
pub(super) fn call<'a>(mut cv: Cv<'a, Json>, fun: Fun) -> ValXs<'a, Jaq> {
    let run = cv.0.data().run;
    let (_, arity) = fun.name();
    let mut args: Vec<_> = (0..arity).map(|_| cv.0.pop_var()).collect();
    args.reverse();
    let answer = Val::from_jaq(&cv.1).and_then(|input| {
        let args = args.iter().map(Val::from_jaq).collect::<Result<Vec<_>, _>>()?;
        fun.call(input, args, &run.budget.limits)
    });
    once(match answer {
        Ok(value) => Ok(value.to_jaq()),
        Err(EvalError::Limit { what, .. }) => run.exceed(what),
        Err(other) => Err(Exn::from(jaq_core::Error::str(other))),
    })
}
