//! The page: Yew components that show the state and send messages. No decisions.
//!
//! Every component returns one root element, every `if` and `for` has a container of its own (Yew issue 4092).

mod bench;
mod bridge;
mod crash;
mod dock;
mod events;
mod help;
mod home;
mod icons;
pub mod inspector;
pub mod lesson;
pub mod palette;
mod platform;
mod root;
mod share;
mod sheet;
mod shown;
mod stage;
mod table;
mod toast;
mod toolbar;
mod topbar;
mod transport;

use std::rc::Rc;

pub use root::Root;
use yew::Callback;

use crate::app::Msg;
use crate::view::picture::Part;

/// Sends a message to the program.
pub type Send = Callback<Msg>;

/// Something shared whose identity is its address: equal only to itself. The root makes a new one when the contents changed,
/// so a component need not compare them again.
#[derive(Debug)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    pub fn new(inner: T) -> Self {
        Shared(Rc::new(inner))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Mounts the program into an element, in place of the static shell.
pub fn mount(element: web_sys::Element) -> yew::AppHandle<Root> {
    yew::Renderer::<Root>::with_root(element).render()
}

/// New parts, of which those that did not change stay the same objects.
pub fn renew(mut old: Vec<Shared<Part>>, new: Vec<Part>) -> Vec<Shared<Part>> {
    let kept = |part: Part| {
        let same = old.iter().position(|shown| **shown == part);
        same.map_or_else(|| Shared::new(part), |index| old.swap_remove(index))
    };
    new.into_iter().map(kept).collect()
}
