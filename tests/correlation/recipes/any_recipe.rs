//! Bytes that may be a recipe, whatever they are: a recipe that is written as the same bytes, or an error.

use ringshare::correlation::registry;
use ringshare::offline::Recipe;

/// The first byte says for how many parties.
pub(crate) fn any_recipe(data: &[u8]) {
    let Some((&parties, bytes)) = data.split_first() else { return };
    match Recipe::from_bytes(bytes, &registry(), usize::from(parties)) {
        Ok(recipe) => {
            assert_eq!(recipe.to_bytes(), bytes, "one recipe, two encodings");
            let again = Recipe::from_bytes(&recipe.to_bytes(), &registry(), usize::from(parties));
            assert_eq!(again.as_ref(), Ok(&recipe));
            recipe.requests().iter().for_each(|request| drop(format!("{:?}", request.work(parties.into()))));
            let _ = (recipe.digest(), recipe.dealer_bytes(0), format!("{recipe:?}"));
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
}
