//! What the standard library would bring: an entry point, an exit, an allocator, a panic handler.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, naked_asm};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The kernel jumps here with a stack that is aligned for a jump, not for a call.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "and rsp, -16", "call {main}", "ud2", main = sym main)
}

extern "C" fn main() -> ! {
    exit(if crate::right() { 0 } else { 1 })
}

fn exit(code: i32) -> ! {
    // SAFETY: exit_group ends the process and touches no memory.
    unsafe { asm!("syscall", in("rax") 231, in("rdi") code, options(noreturn, nostack)) }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(2)
}

/// The precompiled `alloc` asks for it, though nothing unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    exit(3)
}

const HEAP: usize = 32 << 20;

/// Hands out a static array from its front to its end, and takes nothing back.
struct Bump {
    bytes: UnsafeCell<[u8; HEAP]>,
    used: AtomicUsize,
}

// SAFETY: every byte is handed out once, by an atomic counter.
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump { bytes: UnsafeCell::new([0; HEAP]), used: AtomicUsize::new(0) };

// SAFETY: blocks lie within the array, are aligned, and do not overlap.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = layout.size() + layout.align();
        let at = self.used.fetch_add(size, Ordering::Relaxed);
        if at.checked_add(size).is_none_or(|end| end > HEAP) {
            return null_mut();
        }
        let start = self.bytes.get().cast::<u8>().wrapping_add(at);
        start.wrapping_add(start.align_offset(layout.align()))
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// What the compiler calls for copies and comparisons of memory.
mod memory {
    use core::arch::asm;

    // SAFETY, of all five: the caller's promise is that of the C functions of these names. String
    // instructions, so that no loop here is turned into a call to itself.

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
        unsafe { asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _) }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
        if (to as usize).wrapping_sub(from as usize) >= len {
            return unsafe { memcpy(to, from, len) };
        }
        let (last_to, last_from) =
            (to.wrapping_add(len).wrapping_sub(1), from.wrapping_add(len).wrapping_sub(1));
        unsafe {
            asm!("std", "rep movsb", "cld",
                inout("rcx") len => _, inout("rdi") last_to => _, inout("rsi") last_from => _);
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
        unsafe { asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte as u8) }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
        for i in 0..len {
            let (a, b) = unsafe { (a.wrapping_add(i).read_volatile(), b.wrapping_add(i).read_volatile()) };
            if a != b {
                return a as i32 - b as i32;
            }
        }
        0
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
        unsafe { memcmp(a, b, len) }
    }
}
