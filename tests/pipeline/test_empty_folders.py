"""Folders that DVC left empty do not make a stage look edited."""

from scorefield.pipeline.empty_folders import remove_empty_folders


def test_empty_folders_go_with_their_empty_parents_and_files_stay(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    assert remove_empty_folders(tmp_path) == [tmp_path / "a/b", tmp_path / "a"]
    assert [each.name for each in tmp_path.rglob("*")] == ["kept", "file"]
    assert remove_empty_folders(tmp_path / "nowhere") == []
