"""Registry of sections: each module, its template and its place."""

from importlib.resources import files
from pkgutil import iter_modules

from gliomanet.reporting.study import sections
from gliomanet.reporting.study.sections import SECTIONS


def test_every_module_and_every_template_is_a_section_once():
    modules = [make.__module__.rpartition(".")[2] for make in SECTIONS]
    assert sorted(modules) == sorted(module.name for module in iter_modules(sections.__path__))
    templates = files("gliomanet.reporting").joinpath("templates/sections").iterdir()
    modules += ["forest", "scored"]  # of the page of somebody else's predictions
    assert sorted(modules) == sorted(template.name.removesuffix(".html.j2") for template in templates)


def test_a_section_has_the_name_of_its_module(image_study):
    made = [(make.__module__.rpartition(".")[2], make(image_study)) for make in SECTIONS]
    assert all(section.name == name for name, section in made if section)
