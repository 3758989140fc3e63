//! What an evaluation sees beside its input: variables, the budget, the record under mapping.
//!
//! Always true: the budget is shared by all expressions over one record; a hint is only a guess, the
//! key is compared before it is used (of a repeated key either may be found).

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use sonic_rs::{JsonContainerTrait, Value};

use super::{EvalError, Limits, Val};

/// What is left of the limits of one evaluation.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(super) limits: Limits,
    steps: Cell<u64>,
}

impl Budget {
    /// A full budget.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, steps: Cell::new(limits.steps) }
    }

    /// Takes steps from the budget.
    pub(super) fn charge(&self, steps: u64) -> Result<(), EvalError> {
        match self.steps.get().checked_sub(steps) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(EvalError::Limit { what: "steps", limit: self.limits.steps }),
        }
    }

    /// Steps taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.limits.steps - self.steps.get()
    }
}

/// A value bound by `as`.
pub(super) struct Local<'e, 'a> {
    pub(super) value: Val<'a>,
    pub(super) outer: Option<&'e Local<'e, 'a>>,
}

/// Where a key was found in the record before: records of one stream list their keys in the same order.
#[derive(Debug, Default)]
pub(super) struct Hint(AtomicUsize);

/// A record that many expressions look into.
pub(crate) struct Record<'a> {
    pub(crate) value: &'a Value,
    root: Val<'a>,
    pairs: Vec<(&'a str, &'a Value)>,
}

impl<'a> Record<'a> {
    /// Lists the record's keys once.
    pub(crate) fn new(value: &'a Value) -> Self {
        let pairs = value.as_object().map(|o| o.iter().collect()).unwrap_or_default();
        Self { value, root: Val::from_value(value), pairs }
    }

    /// The whole record.
    pub(super) fn root(&self) -> &Val<'a> {
        &self.root
    }

    fn get(&self, key: &str, hint: &Hint) -> Val<'a> {
        let place = hint.0.load(Ordering::Relaxed);
        if let Some((name, value)) = self.pairs.get(place)
            && *name == key
        {
            return Val::from_value(value);
        }
        match self.pairs.iter().position(|(name, _)| *name == key) {
            Some(place) => {
                hint.0.store(place, Ordering::Relaxed);
                Val::from_value(self.pairs[place].1)
            }
            None => Val::Null,
        }
    }
}

/// What an evaluation sees beside its input.
pub(super) struct Cx<'e, 'a> {
    pub(super) budget: &'e Budget,
    pub(super) locals: Option<&'e Local<'e, 'a>>,
    vars: &'a [&'a Value],
    record: Option<&'e Record<'a>>,
}

impl<'e, 'a> Cx<'e, 'a> {
    pub(super) fn new(vars: &'a [&'a Value], budget: &'e Budget) -> Self {
        Self { vars, budget, locals: None, record: None }
    }

    pub(super) fn of(record: &'e Record<'a>, vars: &'a [&'a Value], budget: &'e Budget) -> Self {
        Self { vars, budget, locals: None, record: Some(record) }
    }

    /// The variable given from outside.
    pub(super) fn external(&self, index: usize) -> Val<'a> {
        self.vars.get(index).map_or(Val::Null, |v| Val::from_value(v))
    }

    /// The same with one more bound value.
    pub(super) fn with<'s>(&self, local: &'s Local<'s, 'a>) -> Cx<'s, 'a>
    where
        'e: 's,
    {
        Cx { vars: self.vars, budget: self.budget, locals: Some(local), record: self.record }
    }

    /// `input[key]`, by the record's list of keys where the input is the record.
    pub(super) fn get(&self, input: &Val<'a>, key: &str, hint: &Hint) -> Result<Val<'a>, EvalError> {
        match (input, self.record) {
            (Val::Json(value), Some(record)) if std::ptr::eq(*value, record.value) && !record.pairs.is_empty() => {
                Ok(record.get(key, hint))
            }
            _ => input.get(key),
        }
    }

    /// The value bound by the `index`-th `as` outwards.
    pub(super) fn local(&self, index: usize) -> Val<'a> {
        let mut local = self.locals;
        for _ in 0..index {
            local = local.and_then(|l| l.outer);
        }
        local.map_or(Val::Null, |l| l.value.clone())
    }
}
