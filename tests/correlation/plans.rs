//! Every plan for every task, against plain integers.
#![cfg(feature = "std")]

use crate::common::Random;
use crate::common::compare::{Setting, all_pairs};
use num_traits::WrappingSub;
use ringshare::correlation::compare::{Plan, Task, Wish};
use ringshare::offline::Elements;
use ringshare::ring::{Ring, Word, Z2};

/// The tasks on k-bit values with results in O, with shifts of all kinds.
fn tasks<O: Ring>(bits: u32) -> Vec<Task> {
    let output = Elements::of::<O>();
    let mut tasks =
        vec![Task::Zero(None), Task::Zero(Some(output)), Task::Relu { output, shift: 0, skipped: 0 }];
    tasks.extend([Task::Negative(None), Task::Negative(Some(output)), Task::Truncate { output, shift: 0 }]);
    let mut shifts = vec![1, 2, bits / 2, bits - 2, bits - 1];
    shifts.retain(|&shift| (1..bits).contains(&shift));
    shifts.dedup();
    for shift in shifts {
        tasks.push(Task::Relu { output, shift, skipped: 0 });
        tasks.push(Task::Relu { output, shift: 0, skipped: shift });
        tasks.push(Task::Truncate { output, shift });
        tasks.push(Task::Floor { output, shift });
    }
    tasks
}

/// Holds one plan against plain integers; x is reduced to the task's domain.
fn check<R: Ring, O: Ring>(setting: Setting, plan: &Plan, x: &[R::Word]) {
    let bits = plan.bits();
    let mask = O::Word::mask(O::BITS);
    let values = [O::Word::truncate(0x55), O::Word::from_signed(-3)];
    let wrong = |i: usize, found: &dyn std::fmt::Debug| -> ! {
        panic!(
            "{:?} by {plan}: {:?} of {bits} bits gives {found:?}, {} parties",
            plan.task(),
            x[i],
            setting.parties
        )
    };
    let negative = |i: usize| x[i].signed(bits) < 0;
    let zero = |i: usize| x[i].signed(bits) == 0;
    match plan.task() {
        Task::Negative(None) => {
            let out = setting.boolean_by::<R>(x, plan).0;
            if let Some(i) = (0..x.len()).find(|&i| out[i] != negative(i)) {
                wrong(i, &out[i]);
            }
        }
        Task::Zero(None) => {
            let out = setting.boolean_by::<R>(x, plan).0;
            if let Some(i) = (0..x.len()).find(|&i| out[i] != zero(i)) {
                wrong(i, &out[i]);
            }
        }
        Task::Negative(Some(_)) | Task::Zero(Some(_)) => {
            let out = setting.chosen::<R, O>(x, plan, values);
            let expected = |i: usize| match plan.task() {
                Task::Zero(_) => values[usize::from(zero(i))] & mask,
                _ => values[usize::from(negative(i))] & mask,
            };
            if let Some(i) = (0..x.len()).find(|&i| out[i] != expected(i)) {
                wrong(i, &out[i]);
            }
        }
        Task::Relu { shift: 0, skipped: skipped @ 1.., .. } => {
            // One bit is compared at least.
            let skipped = skipped.min(bits - 2);
            let most = (1i128 << (bits - 1)) - (1 << skipped);
            let x = x.iter().map(|x| R::Word::from_signed(x.signed(bits).min(most)));
            let x: Vec<R::Word> = x.collect();
            let (out, opened) = setting.lifted::<R, O>(&x, plan);
            let high = |word: R::Word| (word & R::Word::mask(bits) >> 1).widen() >> skipped;
            for (i, (&x, &y)) in x.iter().zip(&opened.y).enumerate() {
                let (value, r) = (x.signed(bits), y.wrapping_sub(&x));
                // Whoever is less than 2^skipped below zero passes where the high bits do not tell.
                let passes = value >= 0 || value > -(1 << skipped) && high(y) == high(r);
                let expected = if passes { value } else { 0 };
                if out[i] != O::Word::from_signed(expected) & mask {
                    wrong(i, &(out[i], expected));
                }
            }
        }
        Task::Relu { shift, .. } | Task::Truncate { shift, .. } | Task::Floor { shift, .. } => {
            let relu = matches!(plan.task(), Task::Relu { .. });
            // Truncations take no negative values, ReLUs none that are within 2^shift of the end.
            let most = (1i128 << (bits - 1)) - if shift > 0 { 1 << shift } else { 1 };
            let domain = |x: &R::Word| match relu {
                true if x.signed(bits) > most => R::Word::from_signed(x.signed(bits) - (1 << (bits - 1))),
                true => *x,
                false => *x & R::Word::mask(bits) >> 1,
            };
            let x: Vec<R::Word> = x.iter().map(domain).collect();
            let (out, opened) = setting.lifted::<R, O>(&x, plan);
            let low = (1u128 << shift) - 1;
            for (i, (x, y)) in x.iter().zip(&opened.y).enumerate() {
                let up = match plan.task() {
                    Task::Floor { .. } => false,
                    // What is opened decides: one more where the low bits of y are below those of x.
                    _ => y.widen() & low < x.widen() & low,
                };
                let floor = (x.widen() & u128::mask(bits)) >> shift;
                let expected = if relu && x.signed(bits) < 0 { 0 } else { floor + u128::from(up) };
                if out[i] != O::Word::truncate(expected) & mask {
                    wrong(i, &(out[i], expected));
                }
            }
        }
        task => panic!("no test for {task:?}"),
    }
}

fn plans<O: Ring>(bits: u32) -> impl Iterator<Item = Plan> {
    tasks::<O>(bits).into_iter().flat_map(move |task| Plan::candidates(bits, task))
}

#[test]
fn every_value_under_every_mask_up_to_8_bits() {
    fn at<O: Ring>(bits: u32) {
        for (session, plan) in plans::<O>(bits).enumerate() {
            let setting = Setting { parties: 2 + session % 2, session: session as u64 };
            let len = (1 << (2 * bits)) * 3 / 2 + (64 << bits);
            let masks = setting.masks::<Z2<8>>(len, &plan);
            check::<Z2<8>, O>(setting, &plan, &all_pairs(&masks, bits));
        }
    }
    (2..=8).for_each(at::<Z2<8>>);
    (2..=7).for_each(at::<Z2<5>>);
    (2..=6).for_each(at::<Z2<33>>);
}

#[test]
fn long_values_by_every_plan() {
    fn at<R: Ring, O: Ring>(bits: u32, len: usize) {
        let mut random = Random(bits as u64);
        for (session, plan) in plans::<O>(bits).enumerate() {
            let setting = Setting { parties: 2 + session % 6, session: session as u64 };
            let mut x: Vec<R::Word> = random.words(len / 2);
            x.extend((0..len / 2).map(|_| R::Word::truncate64(random.next() >> random.below(64))));
            let edges = (0..bits).flat_map(|b| [(1i128 << b) - 1, 1 << b, -(1 << b), -(1 << b) - 1]);
            x.extend(edges.map(R::Word::from_signed));
            x.extend([R::Word::truncate64(0); 70]);
            check::<R, O>(setting, &plan, &x);
        }
    }
    for bits in 9..=16 {
        at::<Z2<16>, Z2<14>>(bits, 1 << 9);
        at::<Z2<17>, Z2<3>>(bits, 150);
        at::<Z2<16>, Z2<128>>(bits, 150);
    }
    for bits in 17..=32 {
        at::<Z2<32>, Z2<32>>(bits, 1 << 9);
        at::<Z2<33>, Z2<16>>(bits, 150);
    }
    for bits in [33, 40, 47, 48, 50, 63, 64] {
        at::<Z2<64>, Z2<64>>(bits, 1 << 9);
        at::<Z2<65>, Z2<128>>(bits, 150);
        at::<Z2<64>, Z2<1>>(bits, 150);
    }
}

#[test]
fn a_wish_is_granted() {
    for bits in 2..=64 {
        for task in tasks::<Z2<32>>(bits) {
            let least = |key: &dyn Fn(&Plan) -> f64| {
                Plan::candidates(bits, task).iter().map(key).fold(f64::INFINITY, f64::min)
            };
            let key = |wish: Wish| -> Box<dyn Fn(&Plan) -> f64> {
                match wish {
                    Wish::Rounds => Box::new(|plan| plan.estimate().rounds.into()),
                    Wish::DealerBytes => Box::new(|plan| plan.estimate().dealer_bytes),
                    Wish::Cpu => Box::new(|plan| plan.estimate().party_ns + plan.estimate().dealer_ns),
                    Wish::Balanced => Box::new(|plan| {
                        let estimate = plan.estimate();
                        20.0 * f64::from(estimate.rounds)
                            + estimate.opened_bits as f64
                            + estimate.dealer_bytes
                            + 0.2 * (estimate.party_ns + estimate.dealer_ns)
                    }),
                }
            };
            for wish in [Wish::Balanced, Wish::Rounds, Wish::DealerBytes, Wish::Cpu] {
                let key = key(wish);
                assert_eq!(
                    key(&Plan::choose(bits, task, wish)),
                    least(&key),
                    "{task:?} of {bits} bits, {wish:?}"
                );
            }
        }
    }
}

#[test]
fn vectors_of_any_length() {
    for len in [0, 1, 7, 63, 64, 65, 2047, 2049, 5000] {
        let x: Vec<u32> = Random(len as u64).words(len);
        for plan in plans::<Z2<20>>(20) {
            check::<Z2<32>, Z2<20>>(Setting { parties: 3, session: len as u64 }, &plan, &x);
        }
    }
}
