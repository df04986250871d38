//! The shipped library: practice that is the same for every workspace, embedded in the binary.

use std::sync::LazyLock;

use domain::canonical::Digest;
use include_dir::{Dir, include_dir};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/library");

/// A file of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryFile {
    /// Unique among all.
    pub slug: &'static str,
    pub markdown: &'static str,
}

/// All articles and templates, by slug.
pub fn files() -> Vec<LibraryFile> {
    let mut files: Vec<LibraryFile> = FILES
        .dirs()
        .flat_map(Dir::files)
        .filter_map(|file| {
            let slug = file.path().file_stem()?.to_str()?;
            Some(LibraryFile { slug, markdown: file.contents_utf8()? })
        })
        .collect();
    files.sort_by_key(|file| file.slug);
    files
}

/// Of everything that is in it: another one means another library.
pub fn digest() -> Digest {
    static DIGEST: LazyLock<Digest> = LazyLock::new(|| {
        let all: Vec<(&str, &str)> = files().iter().map(|file| (file.slug, file.markdown)).collect();
        Digest::of(&all)
    });
    DIGEST.clone()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::{knowledge::Layer, ticket::Visibility};

    use super::*;
    use crate::parse_markdown;

    #[test]
    fn every_file_is_a_document_of_the_universal_layer_that_customers_do_not_see() {
        let mut titles = BTreeMap::new();
        let (mut articles, mut templates) = (0, 0);
        for file in files() {
            let parsed = parse_markdown(file.slug, file.markdown).unwrap();
            assert_eq!(parsed.meta.layer, Layer::Universal, "{}", file.slug);
            assert_eq!(parsed.meta.visibility, Visibility::Internal, "{}", file.slug);
            assert_eq!(titles.insert(parsed.meta.title.clone(), file.slug), None, "{}", file.slug);
            match parsed.meta.template {
                None => articles += 1,
                Some(template) => {
                    templates += 1;
                    let declared: BTreeSet<&str> =
                        template.variables.iter().map(|variable| variable.name.as_str()).collect();
                    let used: BTreeSet<&str> = parsed
                        .body
                        .split("{{")
                        .skip(1)
                        .filter_map(|rest| Some(rest.split_once("}}")?.0.trim()))
                        .collect();
                    assert_eq!(declared, used, "{}", file.slug);
                }
            }
        }
        assert!(articles >= 80 && templates >= 30, "{articles} articles, {templates} templates");
    }

    #[test]
    fn slugs_are_unique() {
        let files = files();
        assert!(files.windows(2).all(|pair| pair[0].slug < pair[1].slug));
    }
}
