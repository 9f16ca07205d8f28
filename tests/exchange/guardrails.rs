//! Guardrails: who looks at what, in which order, and what follows from it.

mod asked;
mod input;
mod output;
mod places;
mod shown;
mod talk;
mod tools;
