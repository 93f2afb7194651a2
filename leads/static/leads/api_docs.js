"use strict";

const place = document.getElementById("swagger-ui");

SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  // Keys are typed anew each time instead of lying in the browser's storage.
  persistAuthorization: false,
  displayRequestDuration: true,
});
