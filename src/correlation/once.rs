//! That a mask used twice does not compile.
//!
//! Used once, everything does:
//!
//! ```
//! use ringshare::correlation::bits::{BitProducts, Circuit, DaBits, EdaBits, Select, Subtraction};
//! use ringshare::correlation::compare::{Chunks, Comparison};
//! use ringshare::correlation::dcf::Dcf;
//! use ringshare::correlation::legendre::{Legendre, Products};
//! use ringshare::correlation::{FixedMask, FixedProduct, InputMask, Lookup, Masked, MatrixTriple, Triple};
//! use ringshare::ring::Z2;
//! use ringshare::share::{BitShare, Share};
//! type R = Z2<14>;
//! fn input(c: InputMask<R>) { c.share(&[]); }
//! fn triple(c: Triple<R>, x: &Share<R>) { c.mask(x, x); }
//! fn matrix_triple(c: MatrixTriple<R>, x: &Share<R>) { c.mask(x, x); }
//! fn lookup(c: Lookup<R>, x: &Share<R>) { c.mask(x); }
//! fn pairs(c: Lookup<R>, x: &Share<R>) { c.mask_pair(x, x); }
//! fn entries(c: Masked<Lookup<R>>) { let _ = c.finish(&[]); }
//! fn fixed_product(c: FixedProduct<R>, x: &Share<R>) { c.mask(x); }
//! fn fixed_mask(c: FixedMask<R>) { c.finish(None); }
//! fn comparison(c: Comparison<R>, x: &Share<R>) { c.mask(x); }
//! fn edabits(c: EdaBits<R>, x: &Share<R>) { c.mask(x); }
//! fn opened(c: Masked<EdaBits<R>>) { let _ = c.subtract(&[], Circuit::Sign); }
//! fn subtraction(c: Subtraction) { c.combine(vec![]); }
//! fn subtracted(c: Subtraction) { c.finish(); }
//! fn products(c: BitProducts, x: &BitShare) { c.mask(&[x, x]); }
//! fn multiplied(c: Masked<BitProducts>) { let _ = c.finish(&[]); }
//! fn dabits(c: DaBits<R>, x: &BitShare) { c.mask(&[x]); }
//! fn number(c: Masked<DaBits<R>>) { let _ = c.finish(&[]); }
//! fn select(c: Select<R>, b: &BitShare, x: &Share<R>) { c.mask(b, x); }
//! fn selected(c: Masked<Select<R>>) { let _ = c.finish(&[], &[]); }
//! fn masked(c: Masked<Comparison<R>>) { let _ = c.look_up(&[]); }
//! fn chunks(c: Chunks) { let _ = c.finish::<R>(&[], [0, 1]); }
//! fn lifted(c: Chunks) { let _ = c.finish_lifted::<R, R>(&[], &[]); }
//! fn bits(c: Chunks) { let _ = c.finish_bits(); }
//! fn level(c: Chunks) { let _ = c.combine(&[]); }
//! fn dcf(c: Dcf<R, R>, x: &Share<R>) { c.mask(x); }
//! fn masked_dcf(c: Masked<Dcf<R, R>>) { let _ = c.finish(&[], [0, 1]); }
//! fn dcf_bits(c: Masked<Dcf<R, Z2<1>>>) { let _ = c.finish_bits(&[]); }
//! fn legendre(c: Legendre<R, R>, x: &Share<R>) { c.mask(x); }
//! fn symbols(c: Masked<Legendre<R, R>>) { let _ = c.products(&[]); }
//! fn products(c: Products<R>) { let _ = c.finish(&[], [0, 1]); }
//! ```
//!
//! Used twice, nothing does:
//!
//! ```compile_fail,E0382
//! fn input(c: ringshare::correlation::InputMask<ringshare::ring::Z2<14>>) { c.share(&[]); c.share(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::Triple, ring::Z2, share::Share};
//! fn triple(c: Triple<Z2<14>>, x: &Share<Z2<14>>) { c.mask(x, x); c.mask(x, x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::MatrixTriple, ring::Z2, share::Share};
//! fn matrix_triple(c: MatrixTriple<Z2<14>>, x: &Share<Z2<14>>) { c.mask(x, x); c.mask(x, x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::Lookup, ring::Z2, share::Share};
//! fn lookup(c: Lookup<Z2<14>>, x: &Share<Z2<14>>) { c.mask(x); c.mask(x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::Lookup, ring::Z2, share::Share};
//! fn pairs(c: Lookup<Z2<14>>, x: &Share<Z2<14>>) { c.mask_pair(x, x); c.mask_pair(x, x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::correlation::{Lookup, Masked};
//! fn entries(c: Masked<Lookup<ringshare::ring::Z2<14>>>) { let _ = c.finish(&[]); let _ = c.finish(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::FixedProduct, ring::Z2, share::Share};
//! fn fixed_product(c: FixedProduct<Z2<14>>, x: &Share<Z2<14>>) { c.mask(x); c.mask(x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::FixedMask, ring::Z2};
//! fn fixed_mask(c: FixedMask<Z2<14>>) { c.finish(None); c.finish(None); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::compare::Comparison, ring::Z2, share::Share};
//! fn comparison(c: Comparison<Z2<14>>, x: &Share<Z2<14>>) { c.mask(x); c.mask(x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::correlation::{Masked, compare::Comparison};
//! fn masked(c: Masked<Comparison<ringshare::ring::Z2<14>>>) { let _ = c.look_up(&[]); let _ = c.look_up(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::compare::Chunks, ring::Z2};
//! fn chunks(c: Chunks) { let _ = c.finish::<Z2<14>>(&[], [0, 1]); let _ = c.finish::<Z2<14>>(&[], [0, 1]); }
//! ```
//!
//! ```compile_fail,E0382
//! fn bits(c: ringshare::correlation::compare::Chunks) { let _ = c.finish_bits(); let _ = c.finish_bits(); }
//! ```
//!
//! ```compile_fail,E0382
//! fn level(c: ringshare::correlation::compare::Chunks) { let _ = c.combine(&[]); let _ = c.combine(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::dcf::Dcf, ring::Z2, share::Share};
//! fn dcf(c: Dcf<Z2<14>, Z2<14>>, x: &Share<Z2<14>>) { c.mask(x); c.mask(x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::{Masked, dcf::Dcf}, ring::Z2};
//! type D = Masked<Dcf<Z2<14>, Z2<14>>>;
//! fn masked_dcf(c: D) { let _ = c.finish(&[], [0, 1]); let _ = c.finish(&[], [0, 1]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::{Masked, dcf::Dcf}, ring::Z2};
//! type D = Masked<Dcf<Z2<14>, Z2<1>>>;
//! fn dcf_bits(c: D) { let _ = c.finish_bits(&[]); let _ = c.finish_bits(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::bits::EdaBits, ring::Z2, share::Share};
//! fn edabits(c: EdaBits<Z2<14>>, x: &Share<Z2<14>>) { c.mask(x); c.mask(x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::correlation::{Masked, bits::{Circuit, EdaBits}};
//! use ringshare::ring::Z2;
//! fn opened(c: Masked<EdaBits<Z2<14>>>) {
//!     let _ = c.subtract(&[], Circuit::Sign);
//!     let _ = c.subtract(&[], Circuit::Sign);
//! }
//! ```
//!
//! ```compile_fail,E0382
//! fn subtraction(c: ringshare::correlation::bits::Subtraction) { c.combine(vec![]); c.combine(vec![]); }
//! ```
//!
//! ```compile_fail,E0382
//! fn subtracted(c: ringshare::correlation::bits::Subtraction) { c.finish(); c.finish(); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::bits::BitProducts, share::BitShare};
//! fn products(c: BitProducts, x: &BitShare) { c.mask(&[x, x]); c.mask(&[x, x]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::correlation::{Masked, bits::BitProducts};
//! fn multiplied(c: Masked<BitProducts>) { let _ = c.finish(&[]); let _ = c.finish(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::bits::DaBits, ring::Z2, share::BitShare};
//! fn dabits(c: DaBits<Z2<14>>, x: &BitShare) { c.mask(&[x]); c.mask(&[x]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::{Masked, bits::DaBits}, ring::Z2};
//! fn number(c: Masked<DaBits<Z2<14>>>) { let _ = c.finish(&[]); let _ = c.finish(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::correlation::bits::Select;
//! use ringshare::{ring::Z2, share::{BitShare, Share}};
//! fn select(c: Select<Z2<14>>, b: &BitShare, x: &Share<Z2<14>>) { c.mask(b, x); c.mask(b, x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::{Masked, bits::Select}, ring::Z2};
//! fn selected(c: Masked<Select<Z2<14>>>) { let _ = c.finish(&[], &[]); let _ = c.finish(&[], &[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::legendre::Legendre, ring::Z2, share::Share};
//! fn legendre(c: Legendre<Z2<14>, Z2<14>>, x: &Share<Z2<14>>) { c.mask(x); c.mask(x); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::{Masked, legendre::Legendre}, ring::Z2};
//! fn symbols(c: Masked<Legendre<Z2<14>, Z2<14>>>) { let _ = c.products(&[]); let _ = c.products(&[]); }
//! ```
//!
//! ```compile_fail,E0382
//! use ringshare::{correlation::legendre::Products, ring::Z2};
//! fn products(c: Products<Z2<14>>) { let _ = c.finish(&[], [0, 1]); let _ = c.finish(&[], [0, 1]); }
//! ```
