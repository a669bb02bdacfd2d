// What the page does besides Leaflet: words as text (never as HTML), one track colour at a time, "when was this?".
"use strict";

const qyran = {
  // Below so many pixels the panel and the layer control begin closed.
  narrow: 900,

  // Lines of text as an element; the first is the heading.
  words(lines) {
    const node = document.createElement("div");
    node.className = "words";
    lines.forEach((line, number) => {
      const part = document.createElement(number ? "span" : "b");
      part.textContent = line;
      node.append(part);
    });
    return node;
  },

  style: (feature) => feature.properties.style || {},

  // A labelled point is a text on the map, any other a round mark.
  point(feature, place) {
    const { label, kind, words, style } = feature.properties;
    if (!label) return L.circleMarker(place, style);
    const text = document.createElement("span");
    text.textContent = label;
    if (style.color) text.style.borderColor = style.color;
    const className = "q-label " + kind.split(" ").map((name) => "q-" + name).join(" ");
    return L.marker(place, { icon: L.divIcon({ className, html: text, iconSize: null }), interactive: !!words, keyboard: false });
  },

  say(feature, layer) {
    const lines = feature.properties.words;
    if (!lines) { layer.options.interactive = false; return; }
    layer.bindTooltip(() => qyran.words(lines.slice(0, 1)), { sticky: true, direction: "top", offset: [0, -6] });
    layer.bindPopup(() => qyran.words(lines), { maxWidth: 320 });
  },

  layer: (features) =>
    L.geoJSON({ type: "FeatureCollection", features }, { style: qyran.style, pointToLayer: qyran.point, onEachFeature: qyran.say }),

  begin(map, layers, setup) {
    qyran.map = map;
    qyran.layers = layers;
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
    const panel = document.getElementById("panel");
    const wide = map.getSize().x > qyran.narrow;
    if (!wide) panel.open = false;
    const beside = document.querySelector(".leaflet-control-layers").offsetWidth + 60;
    map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
    map.fitBounds(setup.bounds, { paddingTopLeft: [wide ? 345 : 20, 20], paddingBottomRight: [wide ? beside : 20, 40], animate: false, maxZoom: 20 });

    // Whatever is switched on again goes back to its place in the order, not to the top.
    map.on("overlayadd", () => Object.values(layers).forEach((layer) => map.hasLayer(layer) && layer.bringToFront()));

    // Two colours on one line cannot be read: the one switched on last is shown, with its legend.
    const tracks = ["track-height", "track-speed"].filter((key) => layers[key]);
    const legend = () => tracks.forEach((key) => { document.getElementById(key).hidden = !map.hasLayer(layers[key]); });
    const frame = document.getElementById("legend");
    const update = () => { legend(); if (frame) frame.hidden = !tracks.some((key) => map.hasLayer(layers[key])); };
    tracks.forEach((key) => layers[key].on("remove", update).on("add", () => setTimeout(() => {
      // Later, because the layer control is still going through its boxes now.
      if (map.hasLayer(layers[key])) tracks.filter((other) => other !== key).forEach((other) => map.removeLayer(layers[other]));
      update();
    })));
    update();

    // Numbers only where lanes lie far enough apart for them.
    const thin = () => {
      const centre = map.getCenter();
      const beside = map.containerPointToLatLng(map.latLngToContainerPoint(centre).add([100, 0]));
      map.getContainer().classList.toggle("far", map.distance(centre, beside) / 100 > setup.spacing / 15);
    };
    map.on("zoomend", thin);
    thin();

    panel.addEventListener("click", (event) => qyran.go(event.target.closest("[data-lat]")));
    panel.addEventListener("keydown", (event) => event.key === "Enter" && qyran.go(event.target.closest("[data-lat]")));
    if (setup.samples) qyran.hover(map, setup.samples, () => tracks.some((key) => map.hasLayer(layers[key])));
  },

  go(line) {
    if (line) qyran.map.setView([Number(line.dataset.lat), Number(line.dataset.lon)], Math.max(qyran.map.getZoom(), 18));
  },

  // The sample of the track nearest to the pointer, within 14 pixels: its time, height and speed.
  hover(map, samples, shown) {
    const note = document.getElementById("sample");
    const places = samples.lat.map((lat, number) => L.latLng(lat, samples.lon[number]));
    const said = (value, unit) => (value === null ? samples.unknown : value.toFixed(1)) + " " + unit;
    map.on("mousemove", (event) => {
      let best = -1;
      let least = 14 * 14;
      if (shown()) {
        places.forEach((place, number) => {
          const point = map.latLngToContainerPoint(place);
          const far = (point.x - event.containerPoint.x) ** 2 + (point.y - event.containerPoint.y) ** 2;
          if (far < least) { least = far; best = number; }
        });
      }
      note.hidden = best < 0;
      if (best < 0) return;
      const time = new Date(samples.time[best] * 1000).toISOString().slice(11, 19);
      note.textContent = `${time} UTC\n${said(samples.height[best], samples.heightUnit)}\n${said(samples.speed[best], samples.speedUnit)}`;
      note.style.left = event.containerPoint.x + 16 + "px";
      note.style.top = event.containerPoint.y + 16 + "px";
    });
    map.on("mouseout", () => { note.hidden = true; });
  },
};
