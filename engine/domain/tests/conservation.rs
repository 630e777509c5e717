//! Several buyers, little stock, and messages that are cut off, repeated and late: whatever the
//! order, no unit is sold twice, no money moves twice, and the events tell it all.
//!
//! The world here keeps books of its own: what the processor was asked, and what each session was
//! to sell. It carries out what is pending as an engine would, one runner a session, and loses
//! its memory of everything but the events whenever a test likes.

mod common;
mod conservation {
    pub mod books;
    pub mod runner;
    pub mod world;
}

use conservation::world::{Step, World};
use proptest::prelude::*;

const SESSIONS: usize = 5;
const INSTRUMENTS: usize = 3;

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_in_any_order_stock_and_money_are_conserved(
        steps in prop::collection::vec(any_step(), 1..120)
    ) {
        let mut world = World::open();
        for step in steps {
            world.take(step);
            world.assert_conserved();
        }
        world.forget_all_but_the_events();
        world.finish();
        world.assert_settled();
    }
}

#[test]
fn a_hundred_buyers_of_three_pots_buy_three() {
    let mut world = World::open();
    for at in 0..100 {
        world.take(Step::Open { at, tea: 0, pot: 1 });
        world.take(Step::Pay { at, with: 0 });
    }
    for steps in 1..10 {
        (0..100).for_each(|at| world.take(Step::CarryOut { at, steps }));
        world.assert_conserved();
    }
    world.finish();
    world.assert_settled();
    assert_eq!(world.completed(), 3);
    assert_eq!(world.processor.captured.len(), 3);
}

fn any_step() -> impl Strategy<Value = Step> {
    let at = || 0..SESSIONS;
    prop_oneof![
        3 => (at(), 0..3_u32, 0..3_u32).prop_map(|(at, tea, pot)| Step::Open { at, tea, pot }),
        3 => (at(), 0..3_u32, 0..3_u32, any::<bool>(), any::<bool>()).prop_map(
            |(at, tea, pot, express, code)| Step::Update { at, tea, pot, express, code }
        ),
        6 => (at(), 0..INSTRUMENTS).prop_map(|(at, with)| Step::Pay { at, with }),
        1 => at().prop_map(|at| Step::Cancel { at }),
        1 => prop_oneof![9 => 1..60_u64, 1 => Just(360)].prop_map(|minutes| Step::Wait { minutes }),
        9 => (at(), 1..14_u32).prop_map(|(at, steps)| Step::CarryOut { at, steps }),
        6 => any::<usize>().prop_map(|nth| Step::Deliver { nth }),
        1 => (0..2_usize, 0..8_u64).prop_map(|(product, counted)| Step::Count { product, counted }),
        1 => (0..2_usize, 1..9_u64).prop_map(|(product, price)| Step::Price { product, price }),
        1 => Just(Step::Crash),
    ]
}
