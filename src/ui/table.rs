//! The stage as tables: every number of the picture, with the same selection.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent};
use yew::{Callback, Html, NodeRef, Properties, function_component, html, use_effect_with, use_node_ref};

use super::{Send, Shared, platform};
use crate::app::Msg;
use crate::view::hit::Target;
use crate::view::table::{Cell, Line, Mark, Table as Shown};

#[derive(Properties, PartialEq)]
pub struct Props {
    /// One sentence about the whole cluster.
    pub label: String,
    pub tables: Shared<Vec<Shown>>,
    pub selection: Option<Target>,
    pub send: Send,
}

/// The row that stands for the selection takes the focus, if the focus is in the tables.
fn follow(node: &NodeRef) {
    let Some(shell) = node.cast::<Element>() else { return };
    let inside = platform::document().active_element().is_some_and(|active| shell.contains(Some(&active)));
    if let Some(row) = shell.query_selector("[aria-selected=true]").ok().flatten().filter(|_| inside)
        && let Ok(row) = row.dyn_into::<HtmlElement>()
    {
        let _ = row.focus();
    }
}

#[function_component]
pub fn Table(props: &Props) -> Html {
    let node = use_node_ref();
    let watched = node.clone();
    use_effect_with(props.selection.clone(), move |_| follow(&watched));
    let stop = first_stop(props);
    html! {
        <div class="tablebox" id="table" ref={node} role="group" aria-label={props.label.clone()}
            tabindex={if stop.is_none() { "0" } else { "-1" }}>
            <div class="tview">{ for props.tables.iter().map(|table| grid(props, table, stop.as_deref())) }</div>
        </div>
    }
}

/// The row that Tab stops at: the selected one, else the first.
fn first_stop(props: &Props) -> Option<String> {
    let all = || props.tables.iter().flat_map(|table| table.lines.iter().map(move |line| (table, line)));
    let chosen = all().find(|(_, line)| props.selection.is_some() && line.target == props.selection);
    chosen.or_else(|| all().next()).map(|(table, line)| place(table, line))
}

fn place(table: &Shown, line: &Line) -> String {
    format!("{}/{}", table.key, line.key)
}

fn grid(props: &Props, table: &Shown, stop: Option<&str>) -> Html {
    html! {
        <table key={table.key.clone()} role="grid" aria-label={table.title.clone()} class={format!("t-{}", table.key.split('-').next().unwrap_or_default())}>
            <caption>{ table.title.clone() }</caption>
            <thead><tr>{ for table.heads.iter().map(|head| html! {
                <th key={head.text} scope="col" class={head.number.then_some("num")}>{ head.text }</th>
            }) }</tr></thead>
            <tbody>{ for table.lines.iter().map(|line| row(props, table, line, stop)) }</tbody>
        </table>
    }
}

fn row(props: &Props, table: &Shown, line: &Line, stop: Option<&str>) -> Html {
    let chosen = line.target.is_some() && line.target == props.selection;
    let target = line.target.clone();
    let onclick: Callback<MouseEvent> = props.send.reform(move |_| Msg::Select(target.clone()));
    let here = place(table, line);
    let tabindex = if stop == Some(here.as_str()) { "0" } else { "-1" };
    let name = !line.first;
    html! {
        <tr key={here} class={line.first.then_some("first")} aria-selected={chosen.to_string()} {tabindex} {onclick}>
            { for line.cells.iter().enumerate().map(|(index, cell)| {
                let number = table.heads.get(index).is_some_and(|head| head.number);
                column(cell, index, number, name)
            }) }
        </tr>
    }
}

fn column(cell: &Cell, index: usize, number: bool, repeated: bool) -> Html {
    let inner = match cell.mark {
        Mark::Plain => html! { <span>{ cell.text.clone() }</span> },
        Mark::Name => html! { <span class={repeated.then_some("again")}>{ cell.text.clone() }</span> },
        Mark::Leader => html! { <span class="n leader">{ cell.text.clone() }</span> },
        Mark::Follower => html! { <span class="n follower">{ cell.text.clone() }</span> },
        Mark::Late => html! { <span class="n late">{ cell.text.clone() }</span> },
        Mark::Gone => html! { <span class="n gone">{ cell.text.clone() }</span> },
        Mark::Lagging => html! { <b class="lagc">{ cell.text.clone() }</b> },
        Mark::Failing => html! { <b class="failc">{ cell.text.clone() }</b> },
    };
    if cell.mark == Mark::Name {
        html! { <th key={index} scope="row">{ inner }</th> }
    } else {
        html! { <td key={index} class={number.then_some("num")}>{ inner }</td> }
    }
}
