//! What a person sees. The templates escape whatever they are given.

use minijinja::{Environment, context};

pub const STYLE: &str = include_str!("style.css");

const TEMPLATES: [(&str, &str); 4] = [
    ("layout.html", include_str!("layout.html")),
    ("sign_in.html", include_str!("sign_in.html")),
    ("approve.html", include_str!("approve.html")),
    ("error.html", include_str!("error.html")),
];

pub struct Views {
    templates: Environment<'static>,
    /// Of the integrator, as its customers know it.
    brand: String,
}

impl Views {
    pub fn new(brand: &str) -> Self {
        let mut templates = Environment::new();
        for (name, source) in TEMPLATES {
            templates.add_template(name, source).expect("the templates are right");
        }
        Self { templates, brand: brand.to_owned() }
    }

    /// - `said`: what was typed, and what is wrong with it.
    /// - `again`: the account is linked already.
    pub fn sign_in(&self, ticket: &str, said: Option<(&str, &str)>, again: bool) -> String {
        let (who, problem) = said.unzip();
        let brand = &self.brand;
        self.render("sign_in.html", context! { brand, ticket, who, problem, again })
    }

    pub fn approve(&self, ticket: &str, name: &str, nickname: &str, again: bool) -> String {
        let brand = &self.brand;
        self.render("approve.html", context! { brand, ticket, name, nickname, again })
    }

    pub fn error(&self, problem: &str) -> String {
        let brand = &self.brand;
        self.render("error.html", context! { brand, problem })
    }

    fn render(&self, name: &str, with: minijinja::Value) -> String {
        let template = self.templates.get_template(name).expect("it is one of the templates");
        template.render(with).expect("the templates name what they are given")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_is_never_markup() {
        let views = Views::new("Brand & Co");
        let page = views.sign_in("abc", Some(("\"><script>alert(1)</script>", "wrong")), false);
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("&lt;script&gt;") && page.contains("Brand &amp; Co"));
        let page = views.approve("abc", "<b>Sally</b>", "<i>", false);
        assert!(!page.contains("<b>Sally") && !page.contains("<i>"), "{page}");
    }
}
