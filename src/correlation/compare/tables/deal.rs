//! The dealer's half of a comparison.

use core::mem::size_of;

use super::final_table::FinalTable;
use super::plan::Plan;
use super::sections::{BITS, CHUNKS, PRODUCTS, TOP};
use super::{combine, kernel};
use crate::offline::Dealing;
use crate::offline::loops::{self, BLOCK};
use crate::offline::planes::words;
use crate::ring::{self, Word};
use crate::secret::{Scratch, wipe};

/// The correction of comparisons under the masks `r`, with results in words `O`: the tables chunk by chunk, the products
/// level by level, then the last step's entries or the top bits.
pub(super) fn deal<W: Word, O: Word>(dealing: &Dealing<'_>, plan: &Plan, r: &[W], out: &mut [u8]) {
    let len = r.len();
    if len == 0 {
        return;
    }
    let (tables, rest) = out.split_at_mut(plan.tables_bytes(len));
    deal_tables(dealing, plan, r, tables);
    let words = words(len);
    let levels_bits = plan.levels_bits();
    let mut rho = Scratch::<u64>::zeros((levels_bits + plan.last_bits()) * words);
    dealing.xor(BITS, 0, &mut rho);
    let mut shared = Scratch::<u64>::zeros(plan.products() * words);
    deal_products(plan, words, &rho, &mut shared);
    dealing.correct_xor(PRODUCTS, 0, &mut shared);
    let (products, rest) = rest.split_at_mut(shared.len() * 8);
    write(&shared, products);

    let mut top = Scratch::<u64>::zeros(words);
    if plan.task().has_top() {
        loops::bit(r, plan.bits() - 1, &mut top);
    }
    if plan.output().is_some() {
        let last = FinalTable { dealing, plan, len, top: &top, rho: &rho[levels_bits * words..] };
        last.deal::<W, O>(r, rest);
    } else if plan.task().has_top() {
        dealing.correct_xor(TOP, 0, &mut top);
        write(&top, rest);
    }
}

fn write<W: Word>(values: &[W], out: &mut [u8]) {
    ring::pack(values, W::BITS, out);
}

fn deal_tables<W: Word>(dealing: &Dealing<'_>, plan: &Plan, r: &[W], out: &mut [u8]) {
    let mut rest = out;
    let mut shift = plan.task().compared(plan.bits()).end;
    for (j, &width) in plan.chunks().iter().enumerate() {
        shift -= width;
        let (now, later) = rest.split_at_mut(r.len() * Plan::table_bytes(width));
        rest = later;
        let chunk = Chunk { dealing, section: CHUNKS + j as u64, r, shift, width };
        match Plan::table_bytes(width) {
            1 => chunk.deal::<u8>(now),
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
    for level in 0..plan.levels().len() {
        let (now, later) = rho.split_at(plan.level_bits(level) * words);
        let (out, rest) = core::mem::take(&mut shared).split_at_mut(plan.level_products(level) * words);
        for group in plan.groups(level) {
            let mut masks = [0u64; 8];
            let mut products = [0u64; combine::MAX_PRODUCTS];
            let count = group.product_count();
            for w in 0..words {
                for (place, mask) in masks.iter_mut().enumerate().take(group.bits()) {
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
