//! The power goes, the process is killed, the disk lies: whatever was acknowledged is there,
//! nothing is there by half, and what is damaged is not answered from.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod support;

mod crash {
    mod damage;
    mod kill;
    mod power;
    mod shutdown;
}
