//! Seals and pages as they come out: seals judged by other programs, pages drawn by the real worker process.

mod contract;
mod pages;
mod seals;
