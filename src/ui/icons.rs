//! Line icons, drawn with the current colour.

use yew::{Html, html};

fn icon(size: u8, paths: &'static str) -> Html {
    let size = size.to_string();
    let view = format!("0 0 {size} {size}");
    html! { <svg width={size.clone()} height={size} viewBox={view} aria-hidden="true"><path d={paths} /></svg> }
}

pub fn brand() -> Html {
    html! {
        <svg width="20" height="20" viewBox="0 0 20 20" fill="none" aria-hidden="true">
            <path d="M2.5 2.5V15a2.5 2.5 0 0 0 2.5 2.5h10a2.5 2.5 0 0 0 2.5-2.5V2.5" stroke="currentColor"
                stroke-width="1.5" stroke-linecap="round" />
            <path d="M2.5 8.5h15" stroke="currentColor" stroke-width="1.3" stroke-dasharray="2.6 1.9" />
            <rect x="5.2" y="11.4" width="3.6" height="3.6" fill="currentColor" />
            <circle cx="13" cy="13.2" r="2" fill="currentColor" />
            <path d="M10 2.6l2 3.4H8z" stroke="currentColor" stroke-width="1.1" stroke-linejoin="round" />
        </svg>
    }
}

pub fn theme() -> Html {
    html! {
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="5.5" />
            <path class="full" d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" />
        </svg>
    }
}

pub fn help() -> Html {
    icon(16, "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M6.3 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.3M8 11.3v.1")
}

pub fn forward() -> Html {
    icon(14, "M5 3l4 4-4 4")
}

pub fn back() -> Html {
    icon(14, "M9 3L5 7l4 4")
}

pub fn share() -> Html {
    icon(14, "M7 8.6V1.8M4.4 4.2L7 1.6l2.6 2.6M4 6.2H2.6v6h8.8v-6H10")
}

pub fn close() -> Html {
    icon(14, "M3 3l8 8M11 3l-8 8")
}

pub fn add() -> Html {
    icon(14, "M7 2.5v9M2.5 7h9")
}

pub fn earlier() -> Html {
    icon(14, "M5 3L2 6l3 3M2 6h6a3.5 3.5 0 0 1 0 7H6")
}

pub fn table() -> Html {
    icon(14, "M1.5 2.5h11v9h-11zM1.5 5.5h11M1.5 8.5h11M5 5.5v6")
}

pub fn kill() -> Html {
    icon(14, "M7 1.8v5M4.2 3.6a4.6 4.6 0 1 0 5.6 0")
}

pub fn stop() -> Html {
    icon(14, "M3.5 3.5h7v7h-7z")
}

pub fn start() -> Html {
    icon(14, "M4.5 3v8l6-4z")
}

pub fn cut() -> Html {
    icon(14, "M1 7h3.6M9.4 7H13M6.4 4l-1.6 6M9.2 4l-1.6 6")
}

pub fn slow() -> Html {
    icon(14, "M7 2.4a5 5 0 1 0 0 10a5 5 0 1 0 0-10M7 4.6v2.8l2 1.2")
}

pub fn previous() -> Html {
    icon(16, "M12.5 3.5v9L5.5 8zM3.5 3.5v9")
}

pub fn next() -> Html {
    icon(16, "M3.5 3.5v9l7-4.5zM12.5 3.5v9")
}

pub fn play(playing: bool) -> Html {
    icon(14, if playing { "M3.6 2.4h2.4v9.2H3.6zM8 2.4h2.4v9.2H8z" } else { "M4 2.2v9.6L11.6 7z" })
}

pub fn restart() -> Html {
    icon(14, "M3.2 4.6A4.8 4.8 0 1 1 2.2 7.4M3.2 1.8v2.8H6")
}

pub fn again() -> Html {
    icon(14, "M3 2.6v8.8M11.4 2.6v8.8L5 7z")
}

pub fn up() -> Html {
    icon(14, "M3 9l4-4 4 4")
}

pub fn down() -> Html {
    icon(14, "M3 5l4 4 4-4")
}
