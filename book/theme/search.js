// How search results are ranked: as Sphinx does, but chapters come before pages that only name
// them. The teacher's guide has every chapter's title among its headings.
var Scorer = {
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: ([page, , , , score]) => {
    if (/^book\/[1-8]\d_/.test(page)) return score;
    return score - (/^book\/(teachers|status)$/.test(page) ? 11 : 2);
  },
};
