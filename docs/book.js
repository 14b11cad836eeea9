// Two things that mdBook does for English only.
"use strict";

// A page in Russian says so: to screen readers, and for hyphens.
if (location.pathname.endsWith(".ru.html")) {
    document.documentElement.lang = "ru";
}

// mdBook's index knows Latin letters only. It carries the texts too, so it is made anew of them here, with all letters.
if (window.elasticlunr) {
    const trim = token => token.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, "");
    elasticlunr.Pipeline.registerFunction(trim, "trim");
    elasticlunr.Index.load = made => {
        const index = new elasticlunr.Index();
        index.pipeline.add(trim, elasticlunr.stopWordFilter, elasticlunr.stemmer);
        made.fields.forEach(field => index.addField(field));
        index.setRef(made.ref);
        Object.values(made.documentStore.docs).forEach(text => index.addDoc(text));
        return index;
    };
}
