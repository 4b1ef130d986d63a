//! A line on standard error that says how far a run is, on a terminal only.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::output;
use crate::progress::Progress;

const INTERVAL: Duration = Duration::from_millis(80);

/// Runs `work` and draws its progress meanwhile; the line is gone when it returns.
pub(super) fn shown<T>(quiet: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if quiet || !io::stderr().is_terminal() || !output::terminal_has_colors() {
        return work(&progress);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let drawer = scope.spawn(|| draw(&progress, &done));
        // Also when `work` panics: a scope waits for its threads.
        let finish = Finish { done: &done, drawer: drawer.thread().clone() };
        let result = work(&progress);
        drop(finish);
        result
    })
}

struct Finish<'a> {
    done: &'a AtomicBool,
    drawer: thread::Thread,
}

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Release);
        self.drawer.unpark();
    }
}

fn draw(progress: &Progress, done: &AtomicBool) {
    let mut drawn = false;
    loop {
        // First wait: a short run draws nothing.
        thread::park_timeout(INTERVAL);
        let mut out = io::stderr().lock();
        if done.load(Ordering::Acquire) {
            if drawn {
                let _ = write!(out, "\r\u{1b}[K");
                let _ = out.flush();
            }
            return;
        }
        let _ = write!(out, "\r\u{1b}[K{}", line(progress));
        let _ = out.flush();
        drawn = true;
    }
}

fn line(progress: &Progress) -> String {
    match progress.state() {
        (stage, 0, 0) => format!("{} …", stage.label()),
        (stage, done, 0) => format!("{} … {done}", stage.label()),
        (stage, done, total) => format!("{} … {done} of {total}", stage.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Stage;

    #[test]
    fn the_line_says_what_is_known() {
        let progress = Progress::default();
        assert_eq!(line(&progress), "finding files …");
        progress.enter(Stage::Read, 3);
        progress.tick();
        assert_eq!(line(&progress), "reading files … 1 of 3");
        progress.enter(Stage::Walk, 0);
        progress.tick();
        assert_eq!(line(&progress), "finding files … 1");
    }
}
