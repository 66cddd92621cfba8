//! Virtual readers and cards: what PC/SC, OpenSC and hankod itself make of them.

mod readers;
