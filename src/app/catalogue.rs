//! The catalogue of lessons: chapters, titles, and which lessons there are yet. It is a file of its own in each language,
//! fetched by the home page.

use serde::Deserialize;

use crate::view::words::Words;

/// What can be read. A file of another version is refused.
pub const VERSION: u32 = 1;

#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
pub struct Catalogue {
    pub version: u32,
    pub chapters: Vec<Chapter>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Chapter {
    /// From 1.
    pub number: u32,
    pub title: String,
    /// What it is about, in a few words.
    pub gist: String,
    pub lessons: Vec<Entry>,
}

/// A lesson as the catalogue names it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Entry {
    pub id: String,
    pub title: String,
    /// Its point, in one line.
    pub gist: String,
    /// How long it takes, in minutes.
    pub minutes: u32,
    pub steps: u32,
    /// It can be opened; the others are to come.
    #[serde(default)]
    pub built: bool,
}

impl Catalogue {
    /// # Errors
    /// What is wrong with the file.
    pub fn read(json: &str) -> Result<Catalogue, String> {
        let catalogue: Catalogue = serde_json::from_str(json).map_err(|error| error.to_string())?;
        match catalogue.version {
            VERSION => Ok(catalogue),
            other => Err(format!("version {other}")),
        }
    }

    /// Where a language's file is, relative to the page.
    pub fn path(words: Words) -> String {
        format!("lessons/catalogue.{}.json", words.tag())
    }

    pub fn lessons(&self) -> impl Iterator<Item = &Entry> {
        self.chapters.iter().flat_map(|chapter| &chapter.lessons)
    }

    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.lessons().find(|entry| entry.id == id)
    }

    /// The chapter that a lesson belongs to.
    pub fn chapter_of(&self, id: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| chapter.lessons.iter().any(|entry| entry.id == id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::{Lesson, Texts, shipped};

    const FILES: [&str; 2] =
        [include_str!("../../lessons/catalogue.en.json"), include_str!("../../lessons/catalogue.ko.json")];

    fn catalogues() -> [Catalogue; 2] {
        FILES.map(|file| Catalogue::read(file).expect("the catalogue is well-formed"))
    }

    #[test]
    fn the_catalogue_has_thirty_two_lessons_in_seven_chapters() {
        for catalogue in catalogues() {
            let ids: Vec<String> = catalogue.lessons().map(|entry| entry.id.clone()).collect();
            let wanted: Vec<String> = (1..=32).map(|number| format!("L{number:02}")).collect();
            assert_eq!(ids, wanted);
            assert_eq!(
                catalogue.chapters.iter().map(|chapter| chapter.number).collect::<Vec<_>>(),
                [1, 2, 3, 4, 5, 6, 7]
            );
            let texts = catalogue.lessons().flat_map(|entry| [&entry.title, &entry.gist]);
            let texts = texts.chain(catalogue.chapters.iter().flat_map(|chapter| [&chapter.title, &chapter.gist]));
            assert!(texts.into_iter().all(|text| !text.trim().is_empty()));
        }
    }

    #[test]
    fn both_languages_say_the_same_but_the_words() {
        let bare = catalogues().map(|catalogue| {
            let facts = |entry: &Entry| (entry.id.clone(), entry.minutes, entry.steps, entry.built);
            catalogue
                .chapters
                .iter()
                .map(|chapter| chapter.lessons.iter().map(facts).collect())
                .collect::<Vec<Vec<_>>>()
        });
        assert_eq!(bare[0], bare[1]);
    }

    #[test]
    fn the_catalogue_offers_the_lessons_that_are_shipped_as_their_files_say() {
        let [english, korean] = catalogues();
        let built: Vec<&str> = english.lessons().filter(|entry| entry.built).map(|entry| entry.id.as_str()).collect();
        assert_eq!(built, shipped::LESSONS.map(|files| files.id));
        for files in shipped::LESSONS {
            let lesson = Lesson::read(files.lesson).expect("lesson.json is well-formed");
            for (catalogue, texts) in [(&english, files.english), (&korean, files.korean)] {
                let entry = catalogue.entry(files.id).expect("it is in the catalogue");
                assert_eq!((entry.minutes, entry.steps), (lesson.minutes, lesson.steps.len() as u32), "{}", files.id);
                assert_eq!(entry.title, Texts::read(texts).expect("its words are well-formed").title);
                assert_eq!(catalogue.chapter_of(files.id).map(|chapter| chapter.number), Some(lesson.chapter));
            }
        }
    }

    #[test]
    fn a_catalogue_of_another_version_is_refused() {
        assert!(Catalogue::read(r#"{"version": 2, "chapters": []}"#).is_err());
        assert!(Catalogue::read("{}").is_err());
    }
}
