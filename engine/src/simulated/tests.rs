use super::*;

fn latencies(seed: u64, median: u64, p99: u64) -> Vec<Duration> {
    let latency_median = Duration::from_millis(median);
    let latency_p99 = Duration::from_millis(p99);
    let options = SimulatedOptions { seed, latency_median, latency_p99 };
    let latency = Latency::new(options);
    (0..20_000).map(|_| latency.next()).collect()
}

#[test]
fn the_same_seed_gives_the_same_latencies() {
    assert_eq!(latencies(7, 20, 150), latencies(7, 20, 150));
    assert_ne!(latencies(7, 20, 150), latencies(8, 20, 150));
}

#[test]
fn half_of_the_latencies_are_below_the_median_and_99_of_100_below_the_99th_percentile() {
    for seed in 1..=3 {
        let latencies = latencies(seed, 20, 150);
        let below = |bound: u64| {
            let bound = Duration::from_millis(bound);
            latencies.iter().filter(|latency| **latency <= bound).count()
        };
        // Of 20 000; chance moves the first by some 70, the second by some 15.
        assert!((9_700..=10_300).contains(&below(20)), "{} of the latencies", below(20));
        assert!((19_750..=19_860).contains(&below(150)), "{} of the latencies", below(150));
    }
}

#[test]
fn an_outside_without_spread_takes_the_same_time_always() {
    let expected = Duration::from_millis(20);
    for p99 in [20, 0] {
        assert!(latencies(1, 20, p99).iter().all(|latency| *latency == expected));
    }
    assert!(latencies(1, 0, 150).iter().all(Duration::is_zero));
}
