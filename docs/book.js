// Two things that mdBook does for English only.
"use strict";

// A page in Russian says so: to screen readers, and for hyphens.
if (location.pathname.endsWith(".ru.html")) {
    document.documentElement.lang = "ru";
}

// mdBook's index knows Latin letters only. It carries the texts too: at the first search it is made anew of them, with all
// letters.
if (window.elasticlunr) {
    const Index = elasticlunr.Index;
    const search = Index.prototype.search;
    const trim = token => token.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, "");
    elasticlunr.Pipeline.registerFunction(trim, "trim");

    const anew = made => {
        const index = new Index();
        index.pipeline.add(trim, elasticlunr.stopWordFilter, elasticlunr.stemmer);
        made.getFields().forEach(field => index.addField(field));
        index.setRef("id");
        Object.values(made.documentStore.docs).forEach(text => index.addDoc(text));
        return index;
    };

    const whole = new WeakMap();
    Index.prototype.search = function (words, options) {
        if (!whole.has(this)) {
            whole.set(this, anew(this));
        }
        return search.call(whole.get(this), words, options);
    };
}
