//! The main job where nothing goes wrong: what is published, what is taken in, and that nothing else happens.

mod drift;
mod orders;
mod prices;
mod published;
mod spot;
mod stock;
