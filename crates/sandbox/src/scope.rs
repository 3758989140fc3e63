//! Scope: the variables an expression sees, and where its dice stand.
//!
//! Always true: names are looked up from the inside out: locals, then the record being made, then the vendor.
//! Elsewhere: records being made are `generate::Making`; the vendor's data is `state::State`.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value as Mj};

use crate::dice::{Dice, combine};
use crate::generate::Making;
use crate::state::World;

/// Where an expression is evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    world: Arc<World>,
    making: Option<Arc<Making>>,
    locals: Option<Arc<Local>>,
    seed: u64,
}

#[derive(Debug)]
struct Local {
    name: String,
    value: Mj,
    outer: Option<Arc<Local>>,
}

/// What functions get hold of: the vendor and the dice.
#[derive(Debug)]
pub(crate) struct Hand {
    pub world: Arc<World>,
    pub dice: Dice,
}

impl Object for Hand {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Scope {
    pub fn new(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), making: None, locals: None, seed: world.seed() }
    }

    /// The scope of a record that is being made.
    pub fn of(making: &Arc<Making>) -> Self {
        let world = making.world();
        Self { world: Arc::clone(world), making: Some(Arc::clone(making)), locals: None, seed: making.seed() }
    }

    /// A scope with one more variable.
    pub fn with(&self, name: &str, value: Mj) -> Self {
        let local = Local { name: name.to_owned(), value, outer: self.locals.clone() };
        Self { locals: Some(Arc::new(local)), ..self.clone() }
    }

    /// A scope whose dice fall differently.
    pub fn shaken(mut self, by: u64) -> Self {
        self.seed = combine(self.seed, by);
        self
    }

    /// The context of one expression.
    pub fn at(&self, site: u64) -> Mj {
        let hand = Hand { world: Arc::clone(&self.world), dice: Dice::new(combine(self.seed, site)) };
        Mj::from_object(View { scope: self.clone(), hand: Mj::from_object(hand) })
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<Mj> {
        let mut local = self.locals.as_deref();
        while let Some(found) = local {
            if found.name == name {
                return Some(found.value.clone());
            }
            local = found.outer.as_deref();
        }
        if let Some(making) = &self.making
            && let Some(value) = making.variable(name)
        {
            return Some(value);
        }
        self.world.variable(name)
    }
}

#[derive(Debug)]
struct View {
    scope: Scope,
    hand: Mj,
}

impl Object for View {
    fn get_value(self: &Arc<Self>, key: &Mj) -> Option<Mj> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Mj> {
        match key {
            "__hand" => Some(self.hand.clone()),
            name => self.scope.get(name),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
