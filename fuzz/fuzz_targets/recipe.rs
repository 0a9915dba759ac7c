//! Recipes, whatever their bytes: one that is written as the same bytes, or an error.
#![no_main]

#[path = "../../tests/correlation/recipes/any_recipe.rs"]
mod any_recipe;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| any_recipe::any_recipe(data));
