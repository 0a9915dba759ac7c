//! The dealer's half of a comparison.

use core::mem::size_of;

use super::combine::{self, groups};
use super::kernel::{self, BLOCK};
use super::last;
use super::{BITS, CHUNKS, ENTRIES, PRODUCTS, Plan, R, TOP, words};
use crate::correlation::Dealing;
use crate::ring::{self, Word};
use crate::share::{Scratch, wipe};

/// The correction of `len` comparisons of words `W` with results in words `O`: the tables chunk by
/// chunk, the products level by level, then the last step's entries or the top bits.
pub(in crate::correlation) fn deal<W: Word, O: Word>(
    dealing: &Dealing<'_>,
    plan: &Plan,
    len: usize,
    out: &mut [u8],
) {
    if len == 0 {
        return;
    }
    let mut r = Scratch::<W>::zeros(len);
    for (b, r) in r.chunks_mut(BLOCK).enumerate() {
        dealing.sum(R, b * BLOCK, r);
    }
    let (tables, rest) = out.split_at_mut(plan.tables_bytes(len));
    deal_tables(dealing, plan, &r, tables);
    let words = words(len);
    let level_bits: usize = (0..plan.levels().len()).map(|level| plan.level_bits(level)).sum();
    let products: usize = (0..plan.levels().len()).map(|level| plan.level_products(level)).sum();
    let mut rho = Scratch::<u64>::zeros((level_bits + plan.last_bits()) * words);
    dealing.xor(BITS, 0, &mut rho);
    let mut shared = Scratch::<u64>::zeros(products * words);
    deal_products(plan, words, &rho, &mut shared);
    dealing.correct_xor(PRODUCTS, 0, &mut shared);
    let (products, rest) = rest.split_at_mut(shared.len() * 8);
    write(&shared, products);

    let mut top = Scratch::<u64>::zeros(words);
    kernel::bit(&r, plan.bits() - 1, &mut top);
    match plan.output() {
        None => {
            dealing.correct_xor(TOP, 0, &mut top);
            write(&top, rest);
        }
        Some(elements) => {
            let table = Table { top: &top, rho: &rho[level_bits * words..], words };
            let shape = [plan.entries(), len];
            last::deal::<O>(dealing, ENTRIES, shape, elements.bits, |c, t| table.entry(c, t), rest);
        }
    }
}

fn write<W: Word>(values: &[W], out: &mut [u8]) {
    ring::pack(values, W::BITS, out);
}

fn deal_tables<W: Word>(dealing: &Dealing<'_>, plan: &Plan, r: &[W], out: &mut [u8]) {
    let mut rest = out;
    let mut shift = plan.bits() - 1;
    for (j, &width) in plan.chunks().iter().enumerate() {
        shift -= width;
        let (now, later) = rest.split_at_mut(r.len() * Plan::table_bytes(width));
        rest = later;
        let chunk = Chunk { dealing, section: CHUNKS + j as u64, r, shift, width };
        match Plan::table_bytes(width) {
            2 => chunk.deal::<u16>(now),
            4 => chunk.deal::<u32>(now),
            8 => chunk.deal::<u64>(now),
            _ => chunk.deal_last(now),
        }
    }
}

/// One chunk of all masks.
struct Chunk<'a, W> {
    dealing: &'a Dealing<'a>,
    section: u64,
    r: &'a [W],
    shift: u32,
    width: u32,
}

impl<W: Word> Chunk<'_, W> {
    fn deal<T: Word>(&self, out: &mut [u8]) {
        let mut table = [T::zero(); BLOCK];
        let mut index = [0u8; BLOCK];
        for (b, (r, out)) in self.r.chunks(BLOCK).zip(out.chunks_mut(BLOCK * size_of::<T>())).enumerate() {
            let (table, index) = (&mut table[..r.len()], &mut index[..r.len()]);
            kernel::chunk(r, self.shift, self.width, index);
            kernel::thermometer(index, table);
            self.dealing.correct_xor(self.section, b * BLOCK, table);
            write(table, out);
        }
        wipe(&mut index);
    }

    fn deal_last(&self, out: &mut [u8]) {
        let (mut low, mut high) = ([0u64; BLOCK], [0u64; BLOCK]);
        let mut index = [0u8; BLOCK];
        let stride = self.r.len().next_multiple_of(64);
        let (out_low, out_high) = out.split_at_mut(8 * self.r.len());
        let outs = out_low.chunks_mut(8 * BLOCK).zip(out_high.chunks_mut(8 * BLOCK));
        for (b, (r, (out_low, out_high))) in self.r.chunks(BLOCK).zip(outs).enumerate() {
            let (low, high) = (&mut low[..r.len()], &mut high[..r.len()]);
            let index = &mut index[..r.len()];
            kernel::chunk(r, self.shift, self.width, index);
            kernel::thermometer_last(index, low, high);
            self.dealing.correct_xor(self.section, b * BLOCK, low);
            self.dealing.correct_xor(self.section, stride + b * BLOCK, high);
            write(low, out_low);
            write(high, out_high);
        }
        wipe(&mut index);
    }
}

/// The products of the masks of all levels: `[products, words]`.
fn deal_products(plan: &Plan, words: usize, rho: &[u64], shared: &mut [u64]) {
    let (mut rho, mut shared) = (rho, shared);
    for (level, sizes) in plan.levels().iter().enumerate() {
        let (now, later) = rho.split_at(plan.level_bits(level) * words);
        let (out, rest) = core::mem::take(&mut shared).split_at_mut(plan.level_products(level) * words);
        for group in groups(sizes) {
            let mut masks = [0u64; 8];
            let mut products = [0u64; combine::MAX_PRODUCTS];
            let count = combine::products_of(&group);
            for w in 0..words {
                for (place, mask) in masks.iter_mut().enumerate().take(combine::group_bits_of(&group)) {
                    *mask = now[(group.bit + place) * words + w];
                }
                group.products(&masks, &mut products[..count]);
                for (p, product) in products[..count].iter().enumerate() {
                    out[(group.product + p) * words + w] = *product;
                }
            }
            wipe(&mut masks);
            wipe(&mut products);
        }
        rho = later;
        shared = rest;
    }
}

/// What the last step's table is made of.
struct Table<'a> {
    /// r_{k−1}.
    top: &'a [u64],
    /// Masks of g_0, e_0, g_1, e_1, g_2, as far as there are.
    rho: &'a [u64],
    words: usize,
}

impl Table<'_> {
    /// Bit t of every value at address c: t = r_{k−1} ⊕ ρ_0 ⊕ e_0·g_1 ⊕ e_0·e_1·g_2, where the
    /// address holds e_0, g_1, e_1, g_2 under their masks.
    fn entry(&self, c: usize, out: &mut [u64]) {
        let bits = self.rho.len() / self.words.max(1) - 1;
        for (w, out) in out.iter_mut().enumerate() {
            let mut v = [0u64; 4];
            for (i, v) in v.iter_mut().enumerate().take(bits) {
                let public = if c >> i & 1 == 1 { !0 } else { 0 };
                *v = public ^ self.rho[(i + 1) * self.words + w];
            }
            let [e0, g1, e1, g2] = v;
            *out = self.top[w] ^ self.rho[w] ^ e0 & (g1 ^ e1 & g2);
        }
    }
}
