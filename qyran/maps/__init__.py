"""Maps on folium, readable without internet."""
