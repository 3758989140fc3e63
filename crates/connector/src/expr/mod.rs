//! Expressions: one jq expression, parsed once and evaluated over many JSON values.
//!
//! Always true: answers are jq's (null propagation, errors on indexing scalars, `//` over false, null
//! and errors, several outputs); an expression has no clock, no environment and no input but its
//! own; steps, outputs, size and depth are bounded by [`Limits`]. The subset that mappings
//! really use runs directly over the parsed value (`compile`, `run`), the rest is handed to the jaq
//! interpreter (`interpret`); the functions are the same code in both (`functions`).
//! Elsewhere: text with `{{ jq }}` inside is [`Template`]; turning records into models is `crate::map`.

mod bounds;
mod compile;
mod context;
mod convert;
mod dates;
mod functions;
mod interpret;
mod own;
mod parse;
mod print;
mod run;
mod template;
mod val;

use sonic_rs::Value;

pub(crate) use bounds::too_deep;
pub(crate) use context::{Budget, Record};
pub(crate) use convert::{write_float, write_string};
pub(crate) use dates::{Date, parse_date};
pub use dates::{Instant, parse_instant};
pub(crate) use functions::parse_number;
pub use own::{OWN_FUNCTIONS, OwnFunction};
pub(crate) use parse::nearest;
pub(crate) use run::Flow;
pub use template::Template;
pub(crate) use val::Val;

/// Why an expression cannot be used. Positions are byte offsets into the source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {message}{}", .suggestion.as_ref().map(|s| format!(", did you mean `{s}`?")).unwrap_or_default())]
pub struct ExprError {
    /// Byte offset of the offending text.
    pub position: usize,
    /// What is wrong, lower case.
    pub message: String,
    /// The nearest name that exists, for an unknown function or variable.
    pub suggestion: Option<String>,
}

/// Why an evaluation gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The data does not fit the expression; jq would print the same complaint.
    #[error("{0}")]
    Data(String),
    /// The expression gave more than one value where one was wanted.
    #[error("the expression gives more than one value; wrap it in [ ] or first( )")]
    Many,
    /// A limit was reached; never caught by `?` or `//`.
    #[error("the expression exceeds its limit of {limit} {what}")]
    Limit {
        /// What ran out: steps, outputs, bytes, levels.
        what: &'static str,
        /// The configured limit.
        limit: u64,
    },
}

/// Bounds of one evaluation.
///
/// A step is one element produced by an iteration, a `range`, a loop of `repeat`, `while`, `until`,
/// `recurse`, or one turn of a `reduce`; recursive definitions are refused when the expression is
/// parsed. All work between two steps is linear in the values at hand, whose size is bounded too,
/// so that a step budget bounds the time without a clock.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps of one evaluation.
    pub steps: u64,
    /// Values one evaluation may give.
    pub outputs: u64,
    /// Largest string (bytes) or array (elements) an operation may build.
    pub bytes: u64,
    /// Nesting of a value.
    pub depth: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A parsed jq expression.
#[derive(Debug)]
pub struct Expr {
    source: String,
    variables: usize,
    /// Direct and always exactly one value.
    single: bool,
    form: Form,
}

/// How an expression is run.
#[derive(Debug)]
enum Form {
    Direct(run::Node),
    Interpreted(Box<interpret::Program>),
}

/// One step of a plain path, see [`Expr::path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// `.name`
    Key(Box<str>),
    /// `.[3]`, `.[-1]`
    Index(i64),
}

impl Expr {
    /// Parses an expression that uses no variables.
    pub fn parse(source: &str) -> Result<Self, ExprError> {
        Self::parse_with(source, &[])
    }

    /// Parses an expression that may use the named variables (`["$parent", "$config"]`); their
    /// values are given to the evaluation in the same order.
    pub fn parse_with(source: &str, variables: &[&str]) -> Result<Self, ExprError> {
        let term = parse::parse(source)?;
        parse::check_variables(source, &term, variables)?;
        let form = match compile::compile(&term, variables) {
            Some(node) => Form::Direct(node),
            None => Form::Interpreted(Box::new(interpret::Program::new(source, &term, variables)?)),
        };
        let single = matches!(&form, Form::Direct(node) if node.single());
        Ok(Self { source: source.to_owned(), variables: variables.len(), single, form })
    }

    /// Parses for the interpreter only; what the property tests compare with.
    #[doc(hidden)]
    pub fn parse_interpreted(source: &str, variables: &[&str]) -> Result<Self, ExprError> {
        let term = parse::parse(source)?;
        parse::check_variables(source, &term, variables)?;
        let program = interpret::Program::new(source, &term, variables)?;
        let form = Form::Interpreted(Box::new(program));
        Ok(Self { source: source.to_owned(), variables: variables.len(), single: false, form })
    }

    /// The text it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// True if it runs directly over the parsed value, false if it is handed to the interpreter
    /// (some forty times slower).
    pub fn is_direct(&self) -> bool {
        matches!(self.form, Form::Direct(_))
    }

    /// The steps of a plain path such as `.a.b[0]`; `None` for anything else. `.` is the empty path.
    pub fn path(&self) -> Option<Vec<PathStep>> {
        match &self.form {
            Form::Direct(node) => node.plain_path(),
            Form::Interpreted(_) => None,
        }
    }

    /// The one value of the expression; null if it gives none, an error if it gives several.
    pub fn eval(&self, input: &Value, vars: &[&Value]) -> Result<Value, EvalError> {
        self.one(input, vars)?.to_value()
    }

    /// True if the one value is neither null nor false.
    pub fn eval_bool(&self, input: &Value, vars: &[&Value]) -> Result<bool, EvalError> {
        Ok(self.one(input, vars)?.truthy())
    }

    /// All values of the expression, within the default limits.
    pub fn eval_all(&self, input: &Value, vars: &[&Value]) -> Result<Vec<Value>, EvalError> {
        self.eval_within(input, vars, &Limits::default())
    }

    /// All values of the expression, within the given limits.
    pub fn eval_within(&self, input: &Value, vars: &[&Value], limits: &Limits) -> Result<Vec<Value>, EvalError> {
        let mut outputs = Vec::new();
        self.each(input, vars, limits, &mut |value| {
            outputs.push(value.to_value()?);
            Ok(run::Flow::Go)
        })?;
        Ok(outputs)
    }

    /// The one value, borrowed from the input where it is a part of it.
    pub(crate) fn one<'a>(&'a self, input: &'a Value, vars: &'a [&'a Value]) -> Result<Val<'a>, EvalError> {
        if let Form::Direct(node) = &self.form
            && self.single
        {
            self.check(vars)?;
            let budget = Budget::new(Limits::DEFAULT);
            return node.one(&context::Cx::new(vars, &budget), &Val::from_value(input));
        }
        let mut found = None;
        self.each(input, vars, &Limits::DEFAULT, &mut |value| {
            if found.is_some() {
                return Err(EvalError::Many);
            }
            found = Some(value);
            Ok(run::Flow::Go)
        })?;
        Ok(found.unwrap_or(Val::Null))
    }

    /// As [`Expr::one`] with what many expressions over one record share.
    pub(crate) fn one_of<'a>(
        &'a self,
        record: &Record<'a>,
        vars: &'a [&'a Value],
        budget: &Budget,
    ) -> Result<Val<'a>, EvalError> {
        match &self.form {
            Form::Direct(node) if self.single => node.one(&context::Cx::of(record, vars, budget), record.root()),
            _ => self.one(record.value, vars),
        }
    }

    /// Keys of the objects that the expression writes out as its value or as the items of its list.
    pub(crate) fn written_keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        if let Form::Direct(node) = &self.form {
            node.written_keys(&mut keys);
        }
        keys
    }

    /// Calls `out` with each value.
    pub(crate) fn each<'a>(
        &'a self,
        input: &'a Value,
        vars: &'a [&'a Value],
        limits: &Limits,
        out: &mut dyn FnMut(Val<'a>) -> run::Next,
    ) -> Result<(), EvalError> {
        self.check(vars)?;
        let mut left = limits.outputs;
        let mut counted = |value: Val<'a>| {
            left = left.checked_sub(1).ok_or(EvalError::Limit { what: "outputs", limit: limits.outputs })?;
            out(value)
        };
        match &self.form {
            Form::Direct(node) => {
                let budget = Budget::new(*limits);
                node.each(&context::Cx::new(vars, &budget), &Val::from_value(input), &mut counted)?;
            }
            Form::Interpreted(program) => program.each(input, vars, limits, &mut counted)?,
        }
        Ok(())
    }

    fn check(&self, vars: &[&Value]) -> Result<(), EvalError> {
        if vars.len() == self.variables {
            return Ok(());
        }
        Err(EvalError::Data(format!("{} variables are declared but {} given", self.variables, vars.len())))
    }
}

impl Limits {
    /// The default limits.
    pub const DEFAULT: Self = Self { steps: 1_000_000, outputs: 1_000_000, bytes: 64 << 20, depth: 256 };
}
