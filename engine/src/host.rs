//! The actor of a thread: it hosts the entities that live there.
//!
//! Why: an actix actor for each entity costs a task, a mailbox and a wake-up for each message, which
//! was more than the turn itself. Here a message from the thread of its entity is a call, and all
//! that another thread sends (the log above all, a whole batch at a time) wakes one actor once.
//! Left out: what a message does. That is `actors.rs`.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Actor, Addr, ArbiterHandle, AsyncContext, Context, Handler, Message};
use paceline_storage::StreamId;

use crate::actors::Cells;
use crate::entity::{
    Accounts, CardPayments, Cards, Challenges, Documents, Entity, Instruments, Journals, Links,
    Names, Notices, Orders, Payments, Sessions, Settlements, Statements, Stocks, Telephones,
};
use crate::turn::{Ask, Written};
use crate::world::World;

pub(crate) struct Host(Rc<Local>);

/// What lives on this thread.
pub(crate) struct Local {
    pub world: Arc<World>,
    number: usize,
    pub sessions: RefCell<Cells<Sessions>>,
    pub instruments: RefCell<Cells<Instruments>>,
    pub stocks: RefCell<Cells<Stocks>>,
    pub orders: RefCell<Cells<Orders>>,
    pub accounts: RefCell<Cells<Accounts>>,
    pub names: RefCell<Cells<Names>>,
    pub links: RefCell<Cells<Links>>,
    pub challenges: RefCell<Cells<Challenges>>,
    pub payments: RefCell<Cells<Payments>>,
    pub statements: RefCell<Cells<Statements>>,
    pub notices: RefCell<Cells<Notices>>,
    pub journals: RefCell<Cells<Journals>>,
    pub telephones: RefCell<Cells<Telephones>>,
    pub cards: RefCell<Cells<Cards>>,
    pub card_payments: RefCell<Cells<CardPayments>>,
    pub documents: RefCell<Cells<Documents>>,
    pub settlements: RefCell<Cells<Settlements>>,
}

/// What an entity is told.
pub(crate) enum Told<E: Entity> {
    Ask(Box<Ask<E>>),
    /// Whatever is owed is to be carried on.
    Tick,
    /// Others need the room.
    Sleep,
}

struct To<E: Entity> {
    stream: StreamId,
    told: Told<E>,
}

struct Begin<E: Entity> {
    stream: StreamId,
    fresh: bool,
    kind: PhantomData<fn() -> E>,
}

impl<E: Entity> Message for To<E> {
    type Result = ();
}

impl<E: Entity> Message for Begin<E> {
    type Result = ();
}

impl<E: Entity> Message for Written<E> {
    type Result = ();
}

thread_local! {
    static HERE: RefCell<Option<Rc<Local>>> = const { RefCell::new(None) };
}

/// Starts one host on each thread, numbered as they come.
pub(crate) fn start(world: &Arc<World>, workers: &[ArbiterHandle]) -> Vec<Addr<Host>> {
    let begin = |(number, worker): (usize, &ArbiterHandle)| {
        let world = Arc::clone(world);
        Host::start_in_arbiter(worker, move |context| Host::new(world, number, context))
    };
    workers.iter().enumerate().map(begin).collect()
}

/// The number of the world's host on this thread, if it has one here.
pub(crate) fn here(world: &Arc<World>) -> Option<usize> {
    local(world).map(|local| local.number)
}

/// Makes room for an entity on a thread. What is sent there later will find it.
pub(crate) fn begin<E: Entity>(world: &Arc<World>, worker: usize, stream: StreamId, fresh: bool) {
    match local_as(world, worker) {
        Some(local) => E::cells(&local).borrow_mut().begin(&local, stream, fresh),
        None => world.hosts()[worker].do_send(Begin::<E> { stream, fresh, kind: PhantomData }),
    }
}

/// Tells an entity on a thread. If it has gone to sleep meanwhile, a question wakes it.
pub(crate) fn send<E: Entity>(world: &Arc<World>, worker: usize, stream: StreamId, told: Told<E>) {
    let told = match local_as(world, worker) {
        None => told,
        Some(local) => match E::cells(&local).borrow_mut().tell(&local, stream, told) {
            Ok(()) => return,
            // It has gone, or its beginning is still in the mailbox.
            Err(told) => told,
        },
    };
    world.metrics.of(E::KIND).mailbox_depth.increment(1.0);
    world.hosts()[worker].do_send(To { stream, told });
}

fn local(world: &Arc<World>) -> Option<Rc<Local>> {
    HERE.with_borrow(|here| here.as_ref().filter(|local| Arc::ptr_eq(&local.world, world)).cloned())
}

/// What lives on this thread, if it is the one of this number.
fn local_as(world: &Arc<World>, worker: usize) -> Option<Rc<Local>> {
    local(world).filter(|local| local.number == worker)
}

impl Host {
    fn new(world: Arc<World>, number: usize, context: &Context<Self>) -> Self {
        let address = context.address();
        Self(Rc::new(Local {
            world,
            number,
            sessions: RefCell::new(cells(&address)),
            instruments: RefCell::new(cells(&address)),
            stocks: RefCell::new(cells(&address)),
            orders: RefCell::new(cells(&address)),
            accounts: RefCell::new(cells(&address)),
            names: RefCell::new(cells(&address)),
            links: RefCell::new(cells(&address)),
            challenges: RefCell::new(cells(&address)),
            payments: RefCell::new(cells(&address)),
            statements: RefCell::new(cells(&address)),
            notices: RefCell::new(cells(&address)),
            journals: RefCell::new(cells(&address)),
            telephones: RefCell::new(cells(&address)),
            cards: RefCell::new(cells(&address)),
            card_payments: RefCell::new(cells(&address)),
            documents: RefCell::new(cells(&address)),
            settlements: RefCell::new(cells(&address)),
        }))
    }
}

fn cells<E: Entity>(host: &Addr<Host>) -> Cells<E> {
    let host = host.clone();
    Cells::new(Arc::new(move |written| host.do_send(written)))
}

impl Actor for Host {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        HERE.set(Some(Rc::clone(&self.0)));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The thread may go on, or be about to end itself.
        let _ = HERE.try_with(|here| {
            here.borrow_mut().take_if(|local| Rc::ptr_eq(local, &self.0));
        });
    }
}

impl<E: Entity> Handler<Begin<E>> for Host {
    type Result = ();

    fn handle(&mut self, begin: Begin<E>, _: &mut Context<Self>) {
        E::cells(&self.0).borrow_mut().begin(&self.0, begin.stream, begin.fresh);
    }
}

impl<E: Entity> Handler<To<E>> for Host {
    type Result = ();

    fn handle(&mut self, To { stream, told }: To<E>, _: &mut Context<Self>) {
        let world = &self.0.world;
        world.metrics.of(E::KIND).mailbox_depth.decrement(1.0);
        let untold = E::cells(&self.0).borrow_mut().tell(&self.0, stream, told);
        if let Err(Told::Ask(ask)) = untold {
            // It has gone to sleep since this was sent.
            E::directory(world).send(world, stream, *ask, false);
        }
    }
}

impl<E: Entity> Handler<Written<E>> for Host {
    type Result = ();

    fn handle(&mut self, written: Written<E>, _: &mut Context<Self>) {
        E::cells(&self.0).borrow_mut().hear(&self.0, written);
    }
}
