"""Pages that join several rooms."""

from __future__ import annotations

from django.urls import path

from abeyance.site.pages import cases, operation, overriding, papers, serving, stating, steps, views

urlpatterns = [
    path("", views.front, name="front"),
    path("yourself/", views.oneself, name="oneself"),
    path("proposals/", views.waiting_proposals, name="proposals"),
    path("proposals/<slug:code>/", views.proposal, name="proposal"),
    path("proposals/<slug:code>/agree", views.agree, name="agree-proposal"),
    path("proposals/<slug:code>/withdraw", views.withdraw, name="withdraw-proposal"),
    path("served/", serving.served, name="served"),
    path("guidance/", serving.guidance, name="guidance"),
    path("operation/", operation.operation, name="operation"),
    path("operation/jobs/", operation.jobs, name="jobs"),
    path("operation/jobs/<int:job>/retry", operation.retry, name="retry-job"),
    path("operation/backups/", operation.backups, name="backups"),
    path("operation/backups/new", operation.back_up, name="back-up"),
    path("operation/backups/<slug:name>/check", operation.check_backup, name="check-backup"),
    path("operation/backups/<slug:name>.tar", operation.download_backup, name="download-backup"),
    path("requests/", views.requests, name="requests"),
    path("requests/new/", stating.new, name="new-case"),
    path("requests/<slug:ref>/", cases.case, name="case"),
    path("requests/<slug:ref>/confirm/", stating.confirm, name="confirm-case"),
    path("requests/<slug:ref>/preview/", cases.preview, name="preview-case"),
    path("requests/<slug:ref>/versions/", papers.changes, name="case-versions"),
    path("requests/<slug:ref>/receipt", papers.receipt, name="case-receipt"),
    path("requests/<slug:ref>/receipts/<int:number>", papers.entry_receipt, name="case-entry-receipt"),
    path("requests/<slug:ref>/letters/", papers.listed, name="case-letters"),
    path("requests/<slug:ref>/letters/<slug:kind>/<slug:language>/", papers.letter, name="case-letter"),
    path("requests/<slug:ref>/letters/<slug:kind>/<slug:language>/letter.pdf", papers.letter_file, name="letter-file"),
    path(
        "requests/<slug:ref>/letters/<slug:kind>/<slug:language>/<int:number>.png",
        papers.letter_picture,
        name="letter-picture",
    ),
    path("requests/<slug:ref>/documents/<uuid:key>", papers.original, name="case-document"),
    path("requests/<slug:ref>/court-orders/<uuid:key>", overriding.order_document, name="case-order"),
    path(
        "requests/<slug:ref>/documents/<uuid:key>/pages/<int:part>/<int:number>.png", stating.drawn, name="drawn-page"
    ),
    path("requests/<slug:ref>/documents/<uuid:key>/pictures/<int:part>/<int:number>/", stating.picture, name="picture"),
    path("requests/<slug:ref>/act/<slug:verb>", steps.act_on, name="act-on-case"),
    path("requests/<slug:ref>/agree/<slug:verb>", steps.agree_on, name="agree-on-case"),
    path("requests/<slug:ref>/tell", steps.tell, name="tell-holder"),
    path("packages/<uuid:key>/", steps.package, name="package"),
    path("packages/<uuid:key>/hand-over", steps.hand_over, name="hand-over"),
    path("hand-overs/<uuid:act>/confirm", steps.confirm_hand_over, name="confirm-hand-over"),
]
