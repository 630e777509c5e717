//! A disk that lies or fails: the program says which file and what to do, and answers nothing that
//! it cannot be sure of.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::audit;
use super::buyer::{Buyer, Compared, each};
use super::killed::CONFIG;
use super::purchase::Purchase;
use crate::common::{Serving, guide, serve_in};

/// Answers that are heard before the disk begins to fail.
const FAILS_AFTER: usize = 40;

/// Fails to sync write-ahead logs once the file `fail` is beside the data, and has no room for them
/// once the file `full` is.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int log_and(int fd, const char *file) {
    char link[64], path[4096];
    int before = errno, is;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    is = length > 4 && !strncmp(path + length - 4, ".log", 4) && !access(file, F_OK);
    errno = before;
    return is;
}
ssize_t write(int fd, const void *bytes, size_t count) {
    if (log_and(fd, "full")) { errno = ENOSPC; return -1; }
    return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, bytes, count);
}
int fdatasync(int fd) {
    if (log_and(fd, "fail")) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
int fsync(int fd) {
    if (log_and(fd, "fail")) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
"#;

/// The shim, if there is a compiler for it.
fn shim(home: &Path) -> Option<PathBuf> {
    let (source, library) = (home.join("shim.c"), home.join("shim.so"));
    fs::write(&source, SHIM).unwrap();
    let mut compiler = Command::new("cc");
    let compiler = compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    compiler.status().is_ok_and(|status| status.success()).then_some(library)
}

#[test]
fn a_sync_that_fails_ends_the_program_and_loses_nothing_that_was_acknowledged() {
    ends_and_loses_nothing("fail", "Input/output error", "mend it, and start again");
}

#[test]
fn a_disk_without_room_ends_the_program_and_loses_nothing_that_was_acknowledged() {
    ends_and_loses_nothing("full", "No space left on device", "Make room on it");
}

/// - `begins`: the file with which the trouble begins.
/// - `trouble`, `what_to_do`: the program's last words have both.
fn ends_and_loses_nothing(begins: &str, trouble: &str, what_to_do: &str) {
    let mut serving = Serving::with(CONFIG);
    serving.kill();
    let Some(shim) = shim(serving.home()) else {
        eprintln!("skipped: there is no C compiler (cc), which makes the disk that fails");
        return;
    };
    let mut serving = serving.again_with("LD_PRELOAD", &shim);
    let mut buyers: Vec<Buyer> = (0..4).map(|number| Buyer::of(number, number)).collect();
    let (server, home) = (serving.public, serving.home().to_owned());
    let answers = AtomicUsize::new(0);
    each(&mut buyers, |buyer| {
        buyer.buy(server, || {
            if answers.fetch_add(1, Ordering::Relaxed) == FAILS_AFTER {
                fs::write(home.join(begins), "").unwrap();
            }
        });
    });
    assert!(!serving.ended().success());
    let told = serving.log();
    let last = told.lines().last().unwrap();
    // Whichever writes first: the engine's log or the simulated processor's.
    let names = ["the log of events has stopped", "the processor's book has stopped"];
    assert!(names.iter().any(|name| last.contains(name)), "{last}");
    assert!(last.contains("shard-00") && last.contains(".log"), "it names the file: {last}");
    assert!(last.contains(trouble), "{last}");
    assert!(last.contains(what_to_do), "it says what to do: {last}");

    fs::remove_file(home.join(begins)).unwrap();
    let serving = serving.again();
    let compared = Compared::of_all(each(&mut buyers, |buyer| buyer.compare_all(serving.public)));
    assert!(compared.checked > 0 && compared.lost.is_empty(), "{:#?}", compared.lost);
    each(&mut buyers, |buyer| buyer.finish(serving.public));
    let purchases: Vec<&Purchase> = buyers.iter().flat_map(|buyer| &buyer.purchases).collect();
    audit::audit(&serving, &purchases);
}

#[derive(Clone, Copy, Debug)]
enum Harm {
    Flipped,
    Gone,
}

impl Harm {
    fn inflict(self, file: &Path) {
        match self {
            Self::Gone => fs::remove_file(file).unwrap(),
            Self::Flipped => {
                let mut bytes = fs::read(file).unwrap();
                if let Some(middle) = bytes.len().checked_div(2).filter(|_| !bytes.is_empty()) {
                    bytes[middle] ^= 0x10;
                }
                fs::write(file, bytes).unwrap();
            }
        }
    }
}

#[test]
fn whatever_file_is_damaged_or_gone_the_program_refuses_by_name_or_answers_as_before() {
    let mut serving = Serving::with("[storage]\nshards = 1\n");
    // Some of it in tables, some in the write-ahead log.
    let mut told = vec![];
    for _ in 0..2 {
        serving = serving.again();
        let id = guide::completed(&serving.caller());
        told.push((id.clone(), serving.caller().get(&id).body));
    }
    serving.kill();
    let (data, sound) = (serving.data_dir(), serving.home().join("sound"));
    copy(&data, &sound);
    let files = files(&sound);
    let (mut refused, mut served) = (0, 0);
    for (file, harm) in files.iter().flat_map(|file| [(file, Harm::Flipped), (file, Harm::Gone)]) {
        fs::remove_dir_all(&data).unwrap();
        copy(&sound, &data);
        let name = file.strip_prefix(&sound).unwrap();
        let what = format!("{harm:?} {}", name.display());
        harm.inflict(&data.join(name));
        if let Some(words) = refusal(serving.home()) {
            refused += 1;
            let place = name.components().next().unwrap().as_os_str().to_string_lossy();
            assert!(words.to_lowercase().contains(&place.to_lowercase()), "{what}: {words}");
            continue;
        }
        served += 1;
        serving = serving.again();
        for (id, body) in &told {
            let answer = serving.caller().get(id);
            // Found out when it is read, nobody is answered from it.
            let as_before = answer.status == 200 && answer.body == *body;
            assert!(as_before || answer.status == 500, "{what}: {}", answer.body);
        }
        serving.kill();
    }
    println!("{} files: refused {refused} times, served {served} times", files.len());
    assert!(refused >= 10, "{refused}");
}

/// What the program says on its way out, if it does not start to serve.
fn refusal(home: &Path) -> Option<String> {
    let mut serve = serve_in(home);
    let mut process = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    let greets = process.stdout.as_mut().unwrap().read(&mut first).unwrap() > 0;
    if greets {
        process.kill().unwrap();
    }
    let ended = process.wait_with_output().unwrap();
    let words = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success());
    (!greets).then_some(words)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let to = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file, to).unwrap();
    }
}
