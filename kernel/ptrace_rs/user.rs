// SPDX-License-Identifier: GPL-2.0-only

//! The memory of the caller: what requests put there and get from there.

use crate::error::to_result;
use core::ptr;
use kernel::{
    bindings,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Whose layout a structure in the caller's memory has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abi {
    /// That of the kernel.
    Native,
    /// That of 32-bit programs on a 64-bit kernel.
    #[cfg(CONFIG_COMPAT)]
    Compat,
}

impl Abi {
    /// The ABI of a system call, by which of its entries it came.
    #[inline]
    pub(crate) fn of_syscall(compat: bool) -> Self {
        #[cfg(CONFIG_COMPAT)]
        if compat {
            return Self::Compat;
        }
        let _ = compat;
        Self::Native
    }

    /// The ABI of the system call that is being carried out.
    #[doc(alias = "in_compat_syscall")]
    #[inline]
    pub(crate) fn of_caller() -> Self {
        #[cfg(CONFIG_COMPAT)]
        // SAFETY: An FFI call with no additional requirements.
        if unsafe { bindings::ptrace_shim_in_compat_syscall() } {
            return Self::Compat;
        }
        Self::Native
    }
}

/// A pointer of a 32-bit program.
#[cfg(CONFIG_COMPAT)]
#[inline]
pub(crate) fn compat_ptr(pointer: u32) -> c_ulong {
    // SAFETY: An FFI call with no additional requirements; nothing is read or written.
    unsafe { bindings::ptrace_shim_compat_ptr(pointer) }.addr()
}

/// The result of a function of C that returns 0, or an error that can only be `EFAULT`.
#[inline]
fn to_fault(ret: c_int) -> Result {
    if ret == 0 {
        Ok(())
    } else {
        Err(EFAULT)
    }
}

/// Puts a word at `to`. `EFAULT`.
#[doc(alias = "put_user")]
#[inline]
pub(crate) fn put_word(word: c_ulong, to: c_ulong, abi: Abi) -> Result {
    match abi {
        // SAFETY: The function checks the address.
        Abi::Native => to_fault(unsafe {
            bindings::ptrace_shim_put_user_ulong(word, ptr::without_provenance_mut(to))
        }),
        #[cfg(CONFIG_COMPAT)]
        // CAST: A 32-bit program gets the low half, as in C.
        // SAFETY: The function checks the address.
        Abi::Compat => to_fault(unsafe {
            bindings::ptrace_shim_put_user_u32(word as u32, ptr::without_provenance_mut(to))
        }),
    }
}

/// Copies `value` to `to`. `EFAULT`.
#[inline]
pub(crate) fn copy_to_user<T: AsBytes>(value: &T, to: c_ulong) -> Result {
    UserSlice::new(UserPtr::from_addr(to), size_of::<T>())
        .writer()
        .write(value)
}

/// Copies `value` to `to`: the first `len` bytes, if it has more. `EFAULT`.
#[inline]
pub(crate) fn copy_prefix_to_user<T: AsBytes>(value: &T, len: c_ulong, to: c_ulong) -> Result {
    let bytes = value.as_bytes();
    copy_bytes_to_user(bytes.get(..len).unwrap_or(bytes), to)
}

/// Copies a `T` from `from`. `EFAULT`.
#[inline]
pub(crate) fn copy_from_user<T: FromBytes>(from: c_ulong) -> Result<T> {
    UserSlice::new(UserPtr::from_addr(from), size_of::<T>())
        .reader()
        .read()
}

/// Copies bytes to `to`. `EFAULT`.
///
/// Not by a `UserSlice`, which costs more than the copy where that is small.
#[doc(alias = "copy_to_user")]
#[inline]
pub(crate) fn copy_bytes_to_user(bytes: &[u8], to: c_ulong) -> Result {
    let (from, to) = (bytes.as_ptr().cast(), ptr::without_provenance_mut(to));
    // SAFETY: `bytes` is valid to read; the function checks the address.
    let left = unsafe { bindings::copy_to_user(to, from, bytes.len()) };
    if left == 0 {
        Ok(())
    } else {
        Err(EFAULT)
    }
}

/// The size of a siginfo in the kernel, in bytes.
const SIGINFO_SIZE: usize = size_of::<bindings::kernel_siginfo>();

/// A siginfo, as bytes: it has a hole that user space sees, and that a move of the structure need
/// not keep.
#[repr(C, align(8))]
pub(crate) struct SigInfo([u8; SIGINFO_SIZE]);

const _: () = assert!(align_of::<SigInfo>() >= align_of::<bindings::kernel_siginfo>());

impl SigInfo {
    /// As C takes it.
    #[inline]
    fn as_ptr(&self) -> *const bindings::kernel_siginfo {
        self.0.as_ptr().cast()
    }

    /// As C fills it in.
    #[inline]
    fn as_mut_ptr(&mut self) -> *mut bindings::kernel_siginfo {
        self.0.as_mut_ptr().cast()
    }

    /// One of zeros, to copy another to.
    #[inline]
    pub(crate) fn zeroed() -> Self {
        Self([0; SIGINFO_SIZE])
    }

    /// Copies a siginfo of the kernel.
    ///
    /// # Safety
    ///
    /// `from` points to a siginfo that is valid and does not change meanwhile. All of its bytes are
    /// initialised, its hole included, as `clear_siginfo()` and `copy_siginfo()` leave them.
    #[doc(alias = "copy_siginfo")]
    #[inline]
    pub(crate) unsafe fn copy_from(&mut self, from: *const bindings::kernel_siginfo) {
        // SAFETY: By the requirement of this function. No move, so that the hole is copied too.
        unsafe { ptr::copy_nonoverlapping(from, self.as_mut_ptr(), 1) };
    }

    /// Copies it to a siginfo of the kernel.
    ///
    /// # Safety
    ///
    /// `to` points to a place for a siginfo that nobody else uses meanwhile.
    #[doc(alias = "copy_siginfo")]
    #[inline]
    pub(crate) unsafe fn copy_to(&self, to: *mut bindings::kernel_siginfo) {
        // SAFETY: By the requirement of this function. No move, so that the hole is copied too.
        unsafe { ptr::copy_nonoverlapping(self.as_ptr(), to, 1) };
    }

    /// Copies it to the caller. `EFAULT`.
    #[doc(alias = "copy_siginfo_to_user")]
    pub(crate) fn copy_to_user(&self, to: c_ulong, abi: Abi) -> Result {
        match abi {
            // SAFETY: There is a siginfo; the function checks the address.
            Abi::Native => to_result(unsafe {
                bindings::copy_siginfo_to_user(ptr::without_provenance_mut(to), self.as_ptr())
            }),
            #[cfg(CONFIG_COMPAT)]
            // CAST: An address of a 32-bit program.
            // SAFETY: As above.
            Abi::Compat => to_result(unsafe {
                bindings::ptrace_shim_copy_siginfo_to_user32(
                    ptr::without_provenance_mut(compat_ptr(to as u32)),
                    self.as_ptr(),
                )
            }),
        }
    }

    /// Copies one from the caller. `EFAULT`; `E2BIG` if it is of an unknown kind, and longer than
    /// the kernel knows.
    // In place: a result that is returned would be moved, on a stack with room for two.
    #[doc(alias = "copy_siginfo_from_user")]
    pub(crate) fn copy_from_user(&mut self, from: c_ulong, abi: Abi) -> Result {
        match abi {
            // SAFETY: There is a place for a siginfo; the function checks the address.
            Abi::Native => to_result(unsafe {
                bindings::copy_siginfo_from_user(self.as_mut_ptr(), ptr::without_provenance(from))
            }),
            #[cfg(CONFIG_COMPAT)]
            // SAFETY: As above.
            Abi::Compat => to_result(unsafe {
                bindings::copy_siginfo_from_user32(self.as_mut_ptr(), ptr::without_provenance(from))
            }),
        }
    }
}

/// The arguments of `PTRACE_PEEKSIGINFO`.
#[repr(transparent)]
pub(crate) struct PeekArgs(bindings::ptrace_peeksiginfo_args);

// SAFETY: These are integers.
unsafe impl FromBytes for PeekArgs {}

impl PeekArgs {
    /// Copies them from the caller. `EFAULT`.
    #[inline]
    pub(crate) fn copy_from_user(from: c_ulong) -> Result<Self> {
        copy_from_user(from)
    }

    /// The flags, `PTRACE_PEEKSIGINFO_*`.
    pub(crate) fn flags(&self) -> u32 {
        self.0.flags
    }

    /// Which is the first.
    pub(crate) fn offset(&self) -> u64 {
        self.0.off
    }

    /// How many there are to be.
    pub(crate) fn count(&self) -> c_int {
        self.0.nr
    }
}

/// A mask of signals, as the caller sees it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct SigMask(pub(crate) bindings::sigset_t);

// SAFETY: These are integers.
unsafe impl FromBytes for SigMask {}
// SAFETY: These are integers, with no hole between them.
unsafe impl AsBytes for SigMask {}

/// What a tracee does, as the caller sees it.
#[repr(transparent)]
pub(crate) struct TraceeInfo(pub(crate) bindings::ptrace_tracee_info);

// SAFETY: These are integers, with no hole between them.
unsafe impl AsBytes for TraceeInfo {}

/// The configuration of restartable sequences, as the caller sees it.
#[cfg(CONFIG_RSEQ)]
#[repr(transparent)]
pub(crate) struct RseqConfiguration(pub(crate) bindings::ptrace_rseq_configuration);

#[cfg(CONFIG_RSEQ)]
// SAFETY: These are integers, with no hole between them.
unsafe impl AsBytes for RseqConfiguration {}

/// A buffer of the caller, given by an iovec.
pub(crate) struct UserBuffer {
    iov: bindings::iovec,
    from: c_ulong,
    abi: Abi,
}

impl UserBuffer {
    /// Reads the iovec at `from`. `EFAULT`.
    #[doc(alias = "iovec")]
    #[inline]
    pub(crate) fn get(from: c_ulong, abi: Abi) -> Result<Self> {
        let mut iov = bindings::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        };
        match abi {
            // SAFETY: There is a place for an iovec; the function checks the address.
            Abi::Native => to_fault(unsafe {
                bindings::ptrace_shim_get_iovec(&mut iov, ptr::without_provenance(from))
            }),
            #[cfg(CONFIG_COMPAT)]
            // SAFETY: As above.
            Abi::Compat => to_fault(unsafe {
                bindings::ptrace_shim_get_compat_iovec(&mut iov, ptr::without_provenance(from))
            }),
        }?;
        Ok(Self { iov, from, abi })
    }

    /// The address of the buffer, which nobody has checked.
    pub(crate) fn base(&self) -> *mut c_void {
        self.iov.iov_base
    }

    /// The size of the buffer, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.iov.iov_len
    }

    /// Writes back how much of the buffer was used, in bytes. `EFAULT`.
    pub(crate) fn put_len(&self, len: usize) -> Result {
        match self.abi {
            // SAFETY: The address was checked when the iovec was read.
            Abi::Native => to_fault(unsafe {
                bindings::ptrace_shim_put_iov_len(len, ptr::without_provenance_mut(self.from))
            }),
            #[cfg(CONFIG_COMPAT)]
            // SAFETY: As above.
            Abi::Compat => to_fault(unsafe {
                bindings::ptrace_shim_put_compat_iov_len(
                    len,
                    ptr::without_provenance_mut(self.from),
                )
            }),
        }
    }
}
