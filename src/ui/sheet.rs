//! The head of the sheet in a narrow window: a handle to drag, the pages, and buttons for those who do not drag.

use web_sys::{Element, PointerEvent};
use yew::{Html, Properties, TargetCast, function_component, html};

use super::{Send, icons, platform};
use crate::app::Msg;
use crate::app::sheet::{SheetHeight, SheetMsg, SheetPage};
use crate::view::words::Words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub words: Words,
    pub pages: Vec<SheetPage>,
    pub page: SheetPage,
    pub height: SheetHeight,
    pub send: Send,
}

#[function_component]
pub fn SheetHead(props: &Props) -> Html {
    let (words, send) = (props.words, &props.send);
    let down = |event: PointerEvent| {
        if let Some(head) = event.target_dyn_into::<Element>() {
            let _ = head.set_pointer_capture(event.pointer_id());
        }
    };
    let emit = send.clone();
    let moved = move |event: PointerEvent| {
        if event.buttons() & 1 == 1 {
            emit.emit(Msg::Sheet(SheetMsg::Drag(platform::window_height() - f64::from(event.client_y()))));
        }
    };
    let up = send.reform(|_: PointerEvent| Msg::Sheet(SheetMsg::Drop(platform::window_height())));
    let to = |msg: SheetMsg| send.reform(move |_| Msg::Sheet(msg));
    html! {
        <div class="sheet-head" role="group" aria-label={words.lesson_sheet()}>
            <div class="grab" onpointerdown={down} onpointermove={moved} onpointerup={up.clone()} onpointercancel={up}><i></i></div>
            <div class="sheet-pages">{ if props.pages.len() > 1 { pages(props) } else { html! { <span></span> } } }</div>
            <button class="icon" id="sheet-shorter" aria-label={words.lesson_sheet_shorter()} disabled={props.height == SheetHeight::Peek}
                onclick={to(SheetMsg::Shorter)}>{ icons::down() }</button>
            <button class="icon" id="sheet-taller" aria-label={words.lesson_sheet_taller()} disabled={props.height == SheetHeight::Full}
                onclick={to(SheetMsg::Taller)}>{ icons::up() }</button>
        </div>
    }
}

fn pages(props: &Props) -> Html {
    let words = props.words;
    let page = |page: &SheetPage| {
        let page = *page;
        let (id, name) = match page {
            SheetPage::Lesson => ("sheet-lesson", words.lesson_label()),
            SheetPage::Dock => ("sheet-dock", words.lesson_sheet_dock()),
            SheetPage::Inspector => ("sheet-inspector", words.lesson_sheet_inspector()),
        };
        html! {
            <button key={id} id={id} aria-pressed={(props.page == page).to_string()}
                onclick={props.send.reform(move |_| Msg::Sheet(SheetMsg::Show(page)))}>{ name }</button>
        }
    };
    html! { <div class="seg">{ for props.pages.iter().map(page) }</div> }
}
