//! What a person sees of a long run, and how they end it: a bar on the terminal, and Ctrl-C.
//!
//! Readers raise the counters of a [`Progress`]; another thread polls them, so that drawing never holds a
//! reader up. The bar goes away before the report is written.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::INCOMPLETE;
use tightlip::finding::Progress;

/// How often the counters are polled.
const TICK: Duration = Duration::from_millis(100);

/// A run shorter than this shows nothing: a bar that only flickers helps nobody.
const SHOWN_AFTER: Duration = Duration::from_millis(300);

/// The answer to the first Ctrl-C.
const STOPPING: &str = "tightlip: stopping; what was found so far follows";

/// Does `work`, and where `is_terminal` says that a person watches standard error, shows there
/// how far it has come. Without a terminal, or with `--quiet`, no thread is started.
pub(super) fn watch<T>(progress: &Progress, is_terminal: bool, work: impl FnOnce() -> T) -> T {
    if is_terminal { watch_on(ProgressDrawTarget::stderr(), progress, work) } else { work() }
}

fn watch_on<T>(target: ProgressDrawTarget, progress: &Progress, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        // It is dropped when the work is done, and also when it panics; that ends the drawing.
        let (working, ended) = channel::<()>();
        let draw = move || Screen::new(target).draw(progress, &ended);
        // Without a thread there is no bar, and the work is done all the same.
        let _ = thread::Builder::new().name("progress".into()).spawn_scoped(scope, draw);
        let done = work();
        drop(working);
        done
    })
}

struct Screen {
    bar: ProgressBar,
    started: Instant,
    rate: Rate,
    is_listing: bool,
    has_said_stopping: bool,
}

impl Screen {
    fn new(target: ProgressDrawTarget) -> Self {
        Screen {
            bar: ProgressBar::with_draw_target(None, target).with_style(style(LISTING)),
            started: Instant::now(),
            rate: Rate::default(),
            is_listing: true,
            has_said_stopping: false,
        }
    }

    fn draw(mut self, progress: &Progress, ended: &Receiver<()>) {
        while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            self.answer_stop(progress);
            let bytes = progress.bytes.load(Relaxed);
            self.rate.add(self.started.elapsed(), bytes);
            if self.started.elapsed() >= SHOWN_AFTER {
                self.show(progress);
            }
        }
        self.answer_stop(progress);
        self.bar.finish_and_clear();
    }

    fn answer_stop(&mut self, progress: &Progress) {
        if !self.has_said_stopping && progress.stop.load(Relaxed) {
            self.has_said_stopping = true;
            self.bar.println(STOPPING);
        }
    }

    fn show(&mut self, progress: &Progress) {
        let (done, total) = (progress.done.load(Relaxed), progress.total.load(Relaxed));
        if self.is_listing && total > 0 {
            self.is_listing = false;
            self.bar.set_style(style(READING));
            // The time left is guessed from reading alone, which is slower than listing.
            self.bar.reset_eta();
        }
        if !self.is_listing {
            // The two counters are not read at once.
            self.bar.set_length(total.max(done));
        }
        self.bar.set_message(self.rate.to_string());
        self.bar.set_position(done);
        self.bar.tick();
    }
}

const LISTING: &str = "{spinner} listing: {human_pos}";
/// With the numbers of a large repository it fits into 80 columns.
const READING: &str = "scanning [{bar:20}] {human_pos}/{human_len}  {msg}  {eta} left";

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the templates are constants");
    style.progress_chars("=> ").tick_chars("-\\|/ ")
}

/// How fast bytes were read of late: the speed of one minute ago tells little of the next.
#[derive(Debug, Default)]
struct Rate {
    samples: VecDeque<(Duration, u64)>,
}

impl Rate {
    /// How many samples are kept: those of three seconds.
    const SAMPLES: usize = 30;

    fn add(&mut self, at: Duration, bytes: u64) {
        if self.samples.len() == Self::SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((at, bytes));
    }

    fn bytes_per_second(&self) -> u64 {
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else {
            return 0;
        };
        let millis = last.0.saturating_sub(first.0).as_millis();
        let bytes = u128::from(last.1.saturating_sub(first.1));
        (bytes * 1000).checked_div(millis).map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = self.bytes_per_second() / 100_000;
        if tenths < 100 {
            write!(f, "{}.{} MB/s", tenths / 10, tenths % 10)
        } else {
            write!(f, "{} MB/s", tenths / 10)
        }
    }
}

/// Signals are handled as long as this lives. From then on the first one ends the process at
/// once: nobody looks at [`Progress::stop`] any more.
#[derive(Debug)]
#[must_use = "dropped at once, it leaves no time in which to stop"]
pub(super) struct Signals {
    at_once: Arc<AtomicBool>,
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.at_once.store(true, Relaxed);
    }
}

/// Makes the first SIGINT or SIGTERM set [`Progress::stop`], so that what was found so far is
/// still reported; a second one ends the process at once, as incomplete. To be called once in a
/// process, and only by commands whose source looks at `stop`: in others Ctrl-C would do nothing.
///
/// # Errors
/// The system refuses a handler.
pub(super) fn stop_on_signals(progress: &Progress) -> io::Result<Signals> {
    let at_once = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Handlers run in this order: the first signal finds `at_once` not set yet, and sets it.
        flag::register_conditional_shutdown(signal, INCOMPLETE.into(), at_once.clone())?;
        flag::register(signal, at_once.clone())?;
        flag::register(signal, progress.stop.clone())?;
    }
    Ok(Signals { at_once })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::process::{Command, Stdio};
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::{Arc, Mutex};
    use std::thread::sleep;
    use std::time::Duration;

    use indicatif::{ProgressDrawTarget, TermLike};
    use signal_hook::low_level::raise;

    use super::{Rate, SIGINT, SIGTERM, STOPPING, stop_on_signals, watch, watch_on};
    use tightlip::finding::Progress;

    /// A terminal that keeps what is written to it.
    #[derive(Debug, Clone, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Paper {
        fn text(&self) -> String {
            self.0.lock().unwrap().clone()
        }

        fn put(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        /// Waits until the text is drawn, however slow the machine is.
        fn wait_for(&self, text: &str) {
            while !self.text().contains(text) {
                sleep(Duration::from_millis(5));
            }
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.put(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.put(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.put("<cleared>")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn watched(progress: &Progress, work: impl FnOnce(&Paper)) -> String {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
        watch_on(target, progress, || work(&paper));
        paper.text()
    }

    #[test]
    fn a_short_run_draws_nothing() {
        let text = watched(&Progress::default(), |_| {});
        assert!(!text.contains("listing") && !text.contains("scanning"), "{text}");
        assert_eq!(watch(&Progress::default(), false, || 7), 7);
    }

    #[test]
    fn a_long_run_shows_what_is_done_and_clears_it() {
        let progress = Progress::default();
        let text = watched(&progress, |paper| {
            progress.done.store(12_345, Relaxed);
            paper.wait_for("listing: 12,345");
            progress.done.store(500, Relaxed);
            progress.total.store(2_000, Relaxed);
            paper.wait_for("] 500/2,000  0.0 MB/s  ");
        });
        assert!(text.trim_end().ends_with("<cleared>"), "{text}");
    }

    #[test]
    fn a_stop_is_answered_once_however_late_it_comes() {
        let progress = Progress::default();
        let text = watched(&progress, |paper| {
            progress.stop.store(true, Relaxed);
            paper.wait_for(STOPPING);
        });
        assert_eq!(text.matches(STOPPING).count(), 1, "{text}");
        let text = watched(&progress, |_| {});
        assert_eq!(text.matches(STOPPING).count(), 1, "{text}");
    }

    #[test]
    fn work_that_panics_ends_the_drawing() {
        let done = std::panic::catch_unwind(|| watched(&Progress::default(), |_| panic!("no")));
        assert!(done.is_err());
    }

    /// Runs one test again, in a process of its own, and returns the status that it ends with.
    fn status_of_own_process(test: &str, signals: &str) -> Option<i32> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &format!("cli::progress::tests::{test}")]);
        command.env(SIGNALS, signals).stdout(Stdio::null()).status().unwrap().code()
    }

    /// Set in that process: the signals to raise in it.
    const SIGNALS: &str = "TIGHTLIP_TEST_SIGNALS";

    #[test]
    fn the_first_signal_sets_stop_and_the_second_ends_the_process() {
        let name = "the_first_signal_sets_stop_and_the_second_ends_the_process";
        let Ok(signals) = std::env::var(SIGNALS) else {
            for (signals, status) in
                [("", 0), ("int", 0), ("term", 0), ("int int", 2), ("int term", 2), ("drop int", 2)]
            {
                assert_eq!(status_of_own_process(name, signals), Some(status), "{signals}");
            }
            return;
        };
        let progress = Progress::default();
        let mut handled = Some(stop_on_signals(&progress).unwrap());
        for signal in signals.split_whitespace() {
            match signal {
                "int" => raise(SIGINT).unwrap(),
                "term" => raise(SIGTERM).unwrap(),
                _ => handled = None,
            }
            assert!(handled.is_none() || progress.stop.load(Relaxed));
        }
        assert_eq!(progress.stop.load(Relaxed), !signals.is_empty());
        drop(handled);
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut rate = Rate::default();
        assert_eq!(rate.to_string(), "0.0 MB/s");
        rate.add(Duration::ZERO, 0);
        assert_eq!(rate.to_string(), "0.0 MB/s");
        rate.add(Duration::from_millis(100), 550_000);
        assert_eq!(rate.to_string(), "5.5 MB/s");
        for tick in 2..100 {
            rate.add(Duration::from_millis(tick * 100), 550_000 + tick * 50_000_000);
        }
        assert_eq!(rate.to_string(), "500 MB/s");
        rate.add(Duration::from_secs(10), u64::MAX);
        assert!(rate.to_string().ends_with(" MB/s"));
    }
}
