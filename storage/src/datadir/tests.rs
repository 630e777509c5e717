use super::*;

fn four() -> ShardCount {
    ShardCount::new(4).unwrap()
}

fn words(refused: Result<DataDir, DataDirError>) -> String {
    refused.unwrap_err().to_string()
}

#[test]
fn a_directory_is_created_once_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("not/there/yet");
    DataDir::open_or_create(&path, four()).unwrap().created().unwrap();
    assert_eq!(DataDir::open_or_create(&path, four()).unwrap().shards(), four());
    let found = DataDir::open_existing(&path).unwrap();
    assert_eq!((found.shards(), found.shard_path(3)), (four(), path.join("shard-003")));
}

/// A kept sample: every version has to read it.
#[test]
fn the_marker_of_format_1_is_read() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("PACELINE"), "# some words\nformat = 1\nshards = 7\n").unwrap();
    assert_eq!(DataDir::open_existing(dir.path()).unwrap().shards().get(), 7);
}

#[test]
fn another_shard_count_is_refused_with_both_and_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    DataDir::open_or_create(dir.path(), four()).unwrap().created().unwrap();
    let words = words(DataDir::open_or_create(dir.path(), ShardCount::new(8).unwrap()));
    assert!(words.contains("created with `shards = 4`, and `shards = 8` is configured"), "{words}");
    assert!(words.contains("set it back to 4"), "{words}");
}

#[test]
fn a_newer_format_is_refused_whatever_else_it_says() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("PACELINE"), "format = 2\nlayout = \"new\"\n").unwrap();
    let words = words(DataDir::open_or_create(dir.path(), four()));
    assert!(words.contains("data format 2") && words.contains("or a newer one"), "{words}");
}

#[test]
fn a_marker_that_makes_no_sense_is_refused() {
    for marker in ["", "format = 1", "format = 1\nshards = 0", "format = 1\nshards = 65", "]["] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("PACELINE"), marker).unwrap();
        let refused = DataDir::open_or_create(dir.path(), four());
        assert!(matches!(refused, Err(DataDirError::Unreadable { .. })), "{marker:?}");
    }
}

#[test]
fn a_directory_in_use_is_refused_with_the_process_that_uses_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut held = DataDir::open_or_create(dir.path(), four()).unwrap();
    held.created().unwrap();
    let process = format!("in use by process {}", std::process::id());
    for refused in [DataDir::open_or_create(dir.path(), four()), DataDir::open_existing(dir.path())]
    {
        let words = words(refused);
        assert!(words.contains(&process) && words.contains("stop that process"), "{words}");
    }
}

#[test]
fn a_strangers_directory_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "").unwrap();
    let words = words(DataDir::open_or_create(dir.path(), four()));
    assert!(words.contains("it holds `thesis.tex`"), "{words}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was added");
}

#[test]
fn a_directory_that_is_not_there_is_not_created_for_a_look_inside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("typo");
    assert!(matches!(DataDir::open_existing(&path), Err(DataDirError::Absent { .. })));
    assert!(!path.exists());
}

#[test]
fn a_creation_that_was_cut_short_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("lost+found")).unwrap();
    fs::write(dir.path().join("LOCK"), "4711\n").unwrap();
    fs::write(dir.path().join("PACELINE.new"), "form").unwrap();
    DataDir::open_or_create(dir.path(), four()).unwrap().created().unwrap();
    assert_eq!(DataDir::open_existing(dir.path()).unwrap().shards(), four());
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_refuses_to_go_past_its_cache_is_not_asked_to() {
    assert!(!takes_direct_io(Path::new("/proc/self/status")));
}
